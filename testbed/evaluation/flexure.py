"""Evaluation of a three-point bending test of plastics, ISO 178:2019."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.evaluation.bending import (
    Top,
    flexural_strain,
    flexural_stress,
    foot_of,
    level_at,
    rows_between,
    top_of,
)
from testbed.evaluation.flexure_uncertainty import modulus_budget, strength_budget
from testbed.evaluation.integration import Floats
from testbed.evaluation.regression import Line, fit_line
from testbed.evaluation.stress_strain import Curve, find_fracture
from testbed.evaluation.uncertainty.budget import Budget
from testbed.procedure.results import Construction, Evaluation, Finding, Obtained

if TYPE_CHECKING:
    import xarray

__all__ = ["evaluate_flexure"]

_PERCENT = 100.0
_MODULUS = ("e_modulus", "e_regression", "e_secant", "e_r_squared")
_NAMES = (*_MODULUS, "sigma_fm", "epsilon_fm", "sigma_fc", "sigma_fb", "epsilon_fb")


@dataclass(slots=True)
class _Test:
    """The record of one test and what has been found of it so far.

    Attributes
    ----------
    force
        Of every row that has one [N], in the order of time.
    deflection
        Of the same rows [mm]; NaN where it is not known.
    span, width, thickness
        [mm].
    """

    force: Floats
    deflection: Floats
    span: float
    width: float
    thickness: float
    rules: Mapping[str, Any]
    values: dict[str, Obtained]
    findings: list[Finding]
    constructions: list[Construction]
    line: Line | None = None

    @property
    def force_per_stress(self) -> float:
        """Force [N] at a stress of 1 MPa."""
        return 2.0 * self.width * self.thickness**2 / (3.0 * self.span)

    @property
    def deflection_per_strain(self) -> float:
        """Deflection [mm] at a strain of 1."""
        return self.span**2 / (6.0 * self.thickness)

    def draw(self, code: str, foot: float, *points: tuple[float, float]) -> None:
        """Draw points given as corrected strain and stress [MPa] over deflection and force."""
        self.constructions.append(
            Construction(
                code,
                tuple(float((strain + foot) * self.deflection_per_strain) for strain, _ in points),
                tuple(float(stress * self.force_per_stress) for _, stress in points),
            )
        )


def evaluate_flexure(
    dataset: "xarray.Dataset",
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
) -> Evaluation:
    """Obtain modulus, strength and strains in flexure from force and deflection.

    Parameters
    ----------
    dataset
        `force` [N], positive while the piece is bent, `extension` [mm] of the deflectometer and
        `travel` [mm] of the crosshead over `time` [s].
    parameters
        `width`, `thickness`, `span` [mm], `deflection` ("deflectometer" or "crosshead"),
        `compliance` [mm/N] of the frame, `modulus` ("regression" or "secant"), `break_distance`
        [mm] from mid-span.
    data
        Method data of ISO 178.
    """
    test = _read(dataset, parameters, data)
    _geometry(test, parameters)
    if len(test.force) < 4:
        return _nothing(test, "reason.no-record")
    if not float(np.max(test.force)) > 0.0:
        return _nothing(test, "reason.no-bending-force")
    last, how = find_fracture(test.force, data["fracture"])
    broke = last is not None and how != "end"
    end = last + 1 if broke and last is not None else len(test.force)
    known = np.isfinite(test.deflection[:end])
    if int(known.sum()) < 4 or not float(np.ptp(test.deflection[:end][known])) > 0.0:
        return _nothing(test, "reason.no-deflection")
    if not known.all():
        test.findings.append(Finding("rows-unusable", {"count": int((~known).sum())}))
    shape = {"span": test.span, "thickness": test.thickness}
    whole = Curve(
        flexural_stress(test.force[:end][known], width=test.width, **shape),
        flexural_strain(test.deflection[:end][known], **shape),
    )
    rising = int(np.argmax(whole.stress)) + 1
    foot = foot_of(Curve(whole.stress[:rising], whole.strain[:rising]), data["toe"])
    if foot:
        test.findings.append(Finding("toe-corrected", {"strain": foot * _PERCENT}))
    curve = Curve(whole.stress, whole.strain - foot)
    _modulus(test, curve, foot, parameters, broke=broke)
    _strength(test, curve, foot, broke=broke)
    _conventional(test, curve, foot, broke=broke)
    _break(test, curve, foot, broke=broke)
    return _finished(test)


def _read(
    dataset: "xarray.Dataset",
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
) -> _Test:
    time, force, extension, travel = (
        dataset[name].to_numpy().astype(np.float64)
        for name in ("time", "force", "extension", "travel")
    )
    whole = np.isfinite(time) & np.isfinite(force)
    order = np.argsort(time[whole], kind="stable")
    findings = []
    if not whole.all():
        findings.append(Finding("rows-unusable", {"count": int((~whole).sum())}))
    deflection = extension[whole][order]
    force = force[whole][order]
    wanted = str(parameters.get("deflection") or "deflectometer")
    moved = deflection[np.isfinite(deflection)]
    if wanted == "crosshead" or not len(moved) or not float(np.ptp(moved)) > 0.0:
        compliance = parameters.get("compliance")
        deflection = travel[whole][order] - float(compliance or 0.0) * force
        # 5.4: the crosshead also moves by what frame and fixture give way.
        code = "deflection-uncorrected" if compliance is None else "deflection-from-crosshead"
        findings.append(Finding(code))
    return _Test(
        force=force,
        deflection=deflection,
        span=float(parameters["span"] or 0.0),
        width=float(parameters["width"] or 0.0),
        thickness=float(parameters["thickness"] or 0.0),
        rules=data,
        values={},
        findings=findings,
        constructions=[],
    )


def _geometry(test: _Test, parameters: Mapping[str, float | str | None]) -> None:
    """Check the span (6.1) and where the piece broke (7)."""
    rules = test.rules["span"]
    ratio = test.span / test.thickness
    if abs(ratio - rules["ratio"]) > rules["room"] * (1.0 + 1e-9):
        test.findings.append(Finding("span-ratio", {"ratio": ratio, "asked": rules["ratio"]}))
    distance = parameters.get("break_distance")
    allowed = float(test.rules["break"]["middle"]) * test.span / 2.0
    if distance is not None and float(distance) > allowed * (1.0 + 1e-9):
        test.findings.append(
            Finding("break-outside-middle-third", {"distance": float(distance), "allowed": allowed})
        )


def _modulus(
    test: _Test,
    curve: Curve,
    foot: float,
    parameters: Mapping[str, float | str | None],
    *,
    broke: bool,
) -> None:
    """State the modulus by secant and by regression in the same window (9.2)."""
    rules = test.rules["modulus"]
    low, high = float(rules["low"]), float(rules["high"])
    # A strain that equals an end of the window may miss it in the last bits of a double.
    slack = 1e-9 * high
    if not float(np.max(curve.strain)) >= high - slack:
        reason = "reason.broke-before-window" if broke else "reason.ended-before-window"
        test.values |= dict.fromkeys(_MODULUS, Obtained(None, reason))
        return
    high = min(high, float(np.max(curve.strain)))
    rows = rows_between(curve.strain, low - slack, high + slack)
    ends = (level_at(curve, low, rules["half"]), level_at(curve, high, rules["half"]))
    strain, stress = curve.strain[rows], curve.stress[rows]
    secant = None
    if ends[0] is None or ends[1] is None:
        test.values["e_secant"] = Obtained(None, "reason.started-in-window")
    else:
        secant = (ends[1] - ends[0]) / (high - low)
        test.values["e_secant"] = Obtained(secant)
        test.draw("secant-line", foot, (low, ends[0]), (high, ends[1]))
    if len(strain) < rules["points"] or not float(np.ptp(strain)) > 0.0:
        few = Obtained(None, "reason.few-in-window")
        test.values |= {"e_regression": few, "e_r_squared": few}
    else:
        line = test.line = fit_line(strain, stress)
        test.values["e_regression"] = Obtained(line.slope)
        test.values["e_r_squared"] = Obtained(line.r_squared)
        test.draw(
            "modulus-line",
            foot,
            *((at, line.intercept + line.slope * at) for at in (low, high)),
        )
    by_secant = str(parameters.get("modulus") or "regression") == "secant"
    test.values["e_modulus"] = test.values["e_secant" if by_secant else "e_regression"]
    if test.values["e_modulus"].value is not None:
        test.findings.append(Finding("modulus-by-secant" if by_secant else "modulus-by-regression"))


def _strength(test: _Test, curve: Curve, foot: float, *, broke: bool) -> None:
    """State the flexural strength and the strain there (3.4, 3.8)."""
    top: Top = top_of(curve, test.rules["maximum"])
    test.values["sigma_fm"] = Obtained(top.stress)
    test.values["epsilon_fm"] = Obtained(top.strain * _PERCENT)
    test.draw("flexural-strength", foot, (top.strain, top.stress))
    if not broke and top.strain >= float(curve.strain[-1]) * (1.0 - 1e-9):
        test.findings.append(
            Finding("strength-at-end-of-record", {"strain": top.strain * _PERCENT})
        )


def _conventional(test: _Test, curve: Curve, foot: float, *, broke: bool) -> None:
    """State the stress at the conventional deflection (3.5, 3.6)."""
    deflection = float(test.rules["conventional"]["deflection"]) * test.thickness
    strain = deflection / test.deflection_per_strain
    stress = level_at(curve, strain, float(test.rules["modulus"]["half"]))
    if stress is None:
        reason = "reason.broke-before-conventional" if broke else "reason.ended-before-conventional"
        test.values["sigma_fc"] = Obtained(None, reason)
        return
    test.values["sigma_fc"] = Obtained(stress)
    test.draw("conventional-deflection", foot, (strain, stress))


def _break(test: _Test, curve: Curve, foot: float, *, broke: bool) -> None:
    """State stress and strain at break (3.3, 3.9)."""
    if not broke:
        nothing = Obtained(None, "reason.no-fracture")
        test.values |= {"sigma_fb": nothing, "epsilon_fb": nothing}
        return
    strain, stress = float(curve.strain[-1]), float(curve.stress[-1])
    test.values["sigma_fb"] = Obtained(stress)
    test.values["epsilon_fb"] = Obtained(strain * _PERCENT)
    test.draw("fracture", foot, (strain, stress))


def _budgets(test: _Test) -> dict[str, Budget]:
    """State the uncertainty of moduli and strengths that there are."""
    rules, line = test.rules["uncertainty"], test.line
    found = {}
    for name in ("e_modulus", "e_regression", "e_secant", "sigma_fm", "sigma_fb"):
        value = test.values[name].value
        if value is None or not value > 0.0:
            continue
        if name.startswith("sigma"):
            found[name] = strength_budget(
                value, span=test.span, width=test.width, thickness=test.thickness, rules=rules
            )
        else:
            # The secant rests on rows of the same window, with the same scatter.
            found[name] = modulus_budget(
                value,
                span=test.span,
                width=test.width,
                thickness=test.thickness,
                rules=rules,
                deviation=0.0 if line is None else line.slope_deviation,
                points=0 if line is None else line.points,
            )
    return found


def _finished(test: _Test) -> Evaluation:
    return Evaluation(
        values={name: test.values[name] for name in _NAMES},
        findings=tuple(test.findings),
        constructions=tuple(test.constructions),
        budgets=_budgets(test),
    )


def _nothing(test: _Test, reason: str) -> Evaluation:
    test.values = dict.fromkeys(_NAMES, Obtained(None, reason))
    return _finished(test)

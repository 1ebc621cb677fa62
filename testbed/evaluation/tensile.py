"""Evaluation of a tensile test of metals at room temperature, ISO 6892-1:2019."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.evaluation.dense import averaged
from testbed.evaluation.integration import Floats
from testbed.evaluation.smoothing import highest, parabola_near
from testbed.evaluation.stress_strain import (
    Curve,
    Straight,
    find_fracture,
    noise_of,
    offset_crossing,
    straight_part,
    usable_until,
    window_line,
)
from testbed.evaluation.tensile_budget import Reading, proof_reading, tensile_budgets
from testbed.evaluation.yielding import YieldPoint, find_yield_point
from testbed.procedure.results import Construction, Evaluation, Finding, Obtained

if TYPE_CHECKING:
    import xarray

__all__ = ["evaluate_tensile"]

_PERCENT = 100.0
_GPA = 1000.0
_NAMES = (
    "rm", "rp02", "reh", "rel", "e_modulus", "e_r_squared", "e_slope_deviation",
    "e_window_low", "e_window_high", "a", "agt", "ag", "fm",
)  # fmt: skip


@dataclass(slots=True)
class _Test:
    """The record of one test and what has been found of it so far."""

    force: Floats
    extension: Floats
    travel: Floats
    s0: float
    l0: float
    le: float
    lu: float | None
    rules: Mapping[str, Any]
    values: dict[str, Obtained]
    findings: list[Finding]
    constructions: list[Construction]
    readings: dict[str, Reading]
    points: int = 0

    def draw(self, code: str, *points: tuple[float, float]) -> None:
        """Draw points given as strain and stress [MPa] in extension [mm] and force [N]."""
        self.constructions.append(
            Construction(
                code,
                tuple(float(strain * self.le) for strain, _ in points),
                tuple(float(stress * self.s0) for _, stress in points),
            )
        )


def evaluate_tensile(
    dataset: "xarray.Dataset",
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
) -> Evaluation:
    """Obtain strengths, yield points, modulus and elongations from force and extension.

    Parameters
    ----------
    dataset
        `force` [N], `extension` [mm] and `travel` [mm] over `time` [s].
    parameters
        `s0` [mm2], `l0`, `le`, `lu` [mm].
    data
        Method data of ISO 6892-1.
    """
    test = _read(dataset, parameters, data)
    if len(test.force) < 4:
        return _nothing(test, "reason.no-record")
    if not float(np.max(test.force)) > 0.0:
        return _nothing(test, "reason.no-force")
    last, how = find_fracture(test.force, data["fracture"])
    end = len(test.force) if last is None else last + 1
    if how == "end" and test.lu is None:
        # A record kept to the end of necking shows no fall: the elongation rests on its last row.
        share = float(test.force[-1] / np.max(test.force)) * _PERCENT
        test.findings.append(Finding("fracture-at-end-of-record", {"share": share}))
    stress, strain = test.force[:end] / test.s0, test.extension[:end] / test.le
    known = np.flatnonzero(np.isfinite(strain))
    if len(known) < 4:
        _maximum(test, stress, None, None, None)
        _no_extension(test, "reason.no-extension")
        return _finished(test)
    top = int(np.argmax(stress))
    until = usable_until(strain, test.travel[:end] / test.le, data["extensometer"])
    if until < top:
        test.findings.append(
            Finding("extensometer-removed", {"extension": float(test.extension[until])})
        )
    noisy = data["elastic"].get("noisy_strain", False)
    noise = noise_of(strain[: top + 1]) if noisy else 0.0
    curve = Curve(stress[: until + 1], strain[: until + 1], noise)
    _evaluate_curve(test, curve, stress, None if last is None else min(last, until), last)
    return _finished(test)


def _read(
    dataset: "xarray.Dataset",
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
) -> _Test:
    columns = {
        name: dataset[name].to_numpy().astype(np.float64, copy=False)
        for name in ("time", "force", "extension", "travel")
    }
    # Version 1 of the method looked at every row.
    columns = averaged(columns, data["acquisition"].get("dense", len(dataset["time"]))) or columns
    time, force, extension, travel = columns.values()
    whole = np.isfinite(time) & np.isfinite(force) & np.isfinite(extension)
    if not np.isfinite(extension).any():
        whole = np.isfinite(time) & np.isfinite(force)
    order = np.argsort(time[whole], kind="stable")
    l0 = float(parameters["l0"] or 0.0)
    lu = parameters.get("lu")
    findings = []
    if not whole.all():
        findings.append(Finding("rows-unusable", {"count": int((~whole).sum())}))
    return _Test(
        force=force[whole][order],
        extension=extension[whole][order],
        travel=travel[whole][order],
        s0=float(parameters["s0"] or 0.0),
        l0=l0,
        le=float(parameters.get("le") or l0),
        lu=None if lu is None else float(lu),
        rules=data,
        values={},
        findings=findings,
        constructions=[],
        readings={},
    )


def _evaluate_curve(
    test: _Test, curve: Curve, stress: Floats, fracture: int | None, broke: int | None
) -> None:
    offset = test.rules["proof"]["offset"] / _PERCENT
    noise = noise_of(stress[: int(np.argmax(stress)) + 1])
    loading = int(np.argmax(curve.stress)) + 1
    # Rp0.2 may lie beyond the maximum force only on hardly strained pieces; E never does.
    straight = straight_part(curve, float(np.max(stress)), test.rules["elastic"], offset)
    if straight is None or straight.stop > loading:
        _maximum(test, stress, None, None, None)
        _no_extension(test, "reason.no-straight-part")
        return
    specimen = _modulus(test, curve, straight)
    crossing = _crossing(test, curve, straight, offset)
    point = None
    if crossing is not None:
        point = find_yield_point(curve, straight.stop, crossing[0], noise, test.rules["yielding"])
    test.points = straight.line.points
    _yield(test, curve, point, noise)
    _proof(test, curve, straight, crossing, specimen=specimen)
    _maximum(test, stress, curve, straight, point)
    _fracture(test, curve, straight, fracture, broke)


def _crossing(
    test: _Test, curve: Curve, straight: Straight, offset: float
) -> tuple[int, float, float] | None:
    """Intersect with the parallel: see `offset_crossing`; noise is led through by its course."""
    found = offset_crossing(curve, straight, offset)
    if found is None:
        return None
    parallel = straight.line.slope * (curve.strain - straight.origin - offset)
    distance = curve.stress - parallel
    noise = noise_of(distance[straight.stop :])
    if noise <= test.rules["proof"].get("smooth", math.inf) / _PERCENT * found[2]:
        return found
    course = parabola_near(distance, found[0], noise)
    row = None if course is None else course.crossing()
    if row is None:
        return found
    stress = parabola_near(curve.stress, found[0], noise_of(curve.stress[straight.stop :]))
    if stress is None:
        return found
    height = stress.at(row)
    return found[0], straight.origin + offset + height / straight.line.slope, height


def _modulus(test: _Test, curve: Curve, straight: Straight) -> bool:
    """State E and its quality; tells whether the extension is that of the test piece."""
    rules, line = test.rules["elastic"], straight.line
    modulus, deviation = line.slope / _GPA, line.relative_deviation * _PERCENT
    window = curve.stress[straight.first : straight.stop]
    plausible = modulus >= rules["modulus"][0]
    test.values |= {
        "e_modulus": Obtained(modulus) if plausible else Obtained(None, "reason.crosshead"),
        "e_r_squared": Obtained(line.r_squared),
        "e_slope_deviation": Obtained(deviation),
        "e_window_low": Obtained(float(np.min(window))),
        "e_window_high": Obtained(float(np.max(window))),
    }
    if not plausible:
        test.findings.append(Finding("modulus-from-crosshead", {"slope": modulus}))
    elif modulus > rules["modulus"][1]:
        test.findings.append(Finding("modulus-implausible", {"slope": modulus}))
    if line.r_squared < rules["r_squared"] or deviation > rules["slope_deviation"]:
        test.findings.append(
            Finding("modulus-not-accepted", {"r_squared": line.r_squared, "deviation": deviation})
        )
    if abs(straight.origin) > rules["toe"] / _PERCENT:
        test.findings.append(Finding("origin-shifted", {"strain": straight.origin * _PERCENT}))
    _slip(test, curve, straight)
    height = float(np.max(window))
    test.draw(
        "elastic-line", (straight.origin, 0.0), (straight.origin + height / line.slope, height)
    )
    return bool(plausible)


def _slip(test: _Test, curve: Curve, straight: Straight) -> None:
    rules = test.rules["elastic"]
    rows = slice(straight.first, straight.stop)
    rest = curve.strain[rows] - curve.stress[rows] / straight.line.slope
    largest = float(np.max(np.abs(np.diff(rest))))
    limit = max(rules["slip"] / _PERCENT, rules["slip_noise"] * noise_of(rest))
    if largest > limit:
        test.findings.append(Finding("extensometer-slip", {"strain": largest * _PERCENT}))


def _yield(test: _Test, curve: Curve, point: YieldPoint | None, noise: float) -> None:
    if point is None:
        nothing = Obtained(None, "reason.no-yield-point")
        test.values |= {"reh": nothing, "rel": nothing}
        return
    for name, code, row in (("reh", "reh", point.upper), ("rel", "rel", point.lower)):
        test.values[name] = Obtained(float(curve.stress[row]))
        test.readings[name] = Reading(strength=float(curve.stress[row]), scatter=noise)
        test.draw(code, (float(curve.strain[row]), float(curve.stress[row])))
    if point.transient is not None:
        test.findings.append(
            Finding("transient-ignored", {"stress": float(curve.stress[point.transient])})
        )


def _proof(
    test: _Test,
    curve: Curve,
    straight: Straight,
    crossing: tuple[int, float, float] | None,
    *,
    specimen: bool,
) -> None:
    if not specimen:
        test.values["rp02"] = Obtained(None, "reason.crosshead")
        return
    if crossing is None:
        test.values["rp02"] = Obtained(None, "reason.no-offset-crossing")
        return
    _, strain, stress = crossing
    offset = test.rules["proof"]["offset"] / _PERCENT
    test.values["rp02"] = Obtained(stress)
    extension = test.rules.get("uncertainty", {}).get("extension", 0.0)
    test.readings["rp02"] = proof_reading(curve, straight, crossing, offset, extension)
    test.draw("offset-line", (straight.origin + offset, 0.0), (strain, stress))
    test.draw("rp02", (strain, stress))
    moved = _sensitivity(test, curve, straight, stress)
    if moved > test.rules["proof"]["stable"]:
        test.findings.append(Finding("rp02-sensitive", {"change": moved}))


def _sensitivity(test: _Test, curve: Curve, straight: Straight, stress: float) -> float:
    """Tell by how much [%] Rp0.2 moves when the window does."""
    proof, points = test.rules["proof"], int(test.rules["elastic"]["points"])
    window = curve.stress[straight.first : straight.stop]
    low, high, by = float(np.min(window)), float(np.max(window)), proof["refit"] * stress
    moved = 0.0
    for change_low, change_high in ((by, 0.0), (-by, 0.0), (0.0, by), (0.0, -by)):
        other = window_line(curve, max(low + change_low, 0.0), high + change_high, points)
        again = other and offset_crossing(curve, other, proof["offset"] / _PERCENT)
        if again:
            moved = max(moved, abs(again[2] / stress - 1.0) * _PERCENT)
    return moved


def _maximum(
    test: _Test,
    stress: Floats,
    curve: Curve | None,
    straight: Straight | None,
    point: YieldPoint | None,
) -> None:
    """State Fm and Rm, and the extension there (3.9.1, 17, 18)."""
    start = 0
    if point is not None and stress[point.upper] >= np.max(stress):
        # 3.9.1: with discontinuous yielding, the highest force after work-hardening began.
        start = point.settled
        test.findings.append(
            Finding("upper-yield-above-maximum", {"stress": float(stress[point.upper])})
        )
    noise = noise_of(stress[: int(np.argmax(stress)) + 1])
    # Version 1 of the method knew no smoothing.
    allowed = test.rules["maximum"].get("smooth", math.inf) / _PERCENT
    rm, scatter = highest(stress[start:], noise, allowed)
    test.readings["rm"] = Reading(strength=rm, scatter=scatter)
    level = min(rm, float(np.max(stress[start:])))
    high = start + np.flatnonzero(stress[start:] >= level - test.rules["maximum"]["flat"] * noise)
    test.values |= {"rm": Obtained(rm), "fm": Obtained(rm * test.s0)}
    if curve is None or straight is None:
        return
    if high[-1] >= len(curve.strain):
        nothing = Obtained(None, "reason.extensometer-removed")
        test.values |= {"agt": nothing, "ag": nothing}
        return
    # 17, 18: on a flat top, the middle of it.
    middle = float(curve.strain[high[0]] + curve.strain[high[-1]]) / 2.0
    total = middle - straight.origin
    test.values["agt"] = Obtained(total * _PERCENT)
    test.values["ag"] = Obtained((total - rm / straight.line.slope) * _PERCENT)
    test.draw("rm", (middle, rm))


def _fracture(
    test: _Test, curve: Curve, straight: Straight, fracture: int | None, broke: int | None
) -> None:
    """State A from the extension at fracture, unless it was measured on the halves (20)."""
    if test.lu is not None:
        return
    if broke is None or fracture is None:
        test.values["a"] = Obtained(None, "reason.no-fracture")
        return
    if fracture < broke:
        test.values["a"] = Obtained(None, "reason.extensometer-removed")
        return
    strain, stress = float(curve.strain[fracture]), float(curve.stress[fracture])
    plastic = strain - straight.origin - stress / straight.line.slope
    test.values["a"] = Obtained(plastic * _PERCENT)
    test.draw("fracture", (strain, stress))
    if test.le != test.l0:
        test.findings.append(Finding("gauge-lengths-differ", {"le": test.le, "l0": test.l0}))


def _no_extension(test: _Test, reason: str) -> None:
    for name in _NAMES:
        test.values.setdefault(name, Obtained(None, reason))


def _finished(test: _Test) -> Evaluation:
    if test.lu is not None:
        if test.lu >= test.l0:
            test.values["a"] = Obtained((test.lu - test.l0) / test.l0 * _PERCENT)
        else:
            test.values["a"] = Obtained(None, "reason.lu-below-l0")
    rules = test.rules.get("uncertainty")
    return Evaluation(
        values={name: test.values[name] for name in _NAMES},
        findings=tuple(test.findings),
        constructions=tuple(test.constructions),
        # Version 1 of the method stated no uncertainty.
        budgets={}
        if rules is None
        else tensile_budgets(
            test.values,
            test.readings,
            points=test.points,
            s0=test.s0,
            l0=test.l0,
            lu=test.lu,
            rules=rules,
        ),
    )


def _nothing(test: _Test, reason: str) -> Evaluation:
    _no_extension(test, reason)
    return _finished(test)

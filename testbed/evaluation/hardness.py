"""Evaluation of a Vickers hardness test, ISO 6507-1:2023."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from testbed.evaluation.hardness_uncertainty import (
    HardnessUncertainty,
    hardness_uncertainty,
    reading_step_vickers,
)
from testbed.evaluation.integration import Floats
from testbed.evaluation.reference_block import BlockCheck, not_measured
from testbed.evaluation.vickers import (
    check_vickers_block,
    curvature_factor,
    notation,
    permissible_bias,
    vickers_hardness,
)
from testbed.procedure.results import Construction, Evaluation, Finding, Obtained

if TYPE_CHECKING:
    import xarray

__all__ = ["evaluate_vickers", "vickers_uncertainty"]

_PERCENT = 100.0
_NAMES = (
    "mean_hardness", "hardness_range", "hardness_deviation", "block_bias", "block_repeatability",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Indentations:
    """Usable indentations in the order of the record, shape (n,) each.

    Attributes
    ----------
    number
        Place in the record, from 1.
    first, second
        Diagonals [mm].
    force
        As the machine tells it [N]; NaN where it does not.
    indicated
        Hardness that the machine shows [HV]; NaN where it shows none.
    """

    number: Floats
    first: Floats
    second: Floats
    force: Floats
    indicated: Floats

    @property
    def diagonal(self) -> Floats:
        """Mean of both diagonals [mm]."""
        return 0.5 * (self.first + self.second)

    def of(self, chosen: npt.NDArray[np.bool_]) -> "_Indentations":
        """Keep some of them."""
        columns = (self.number, self.first, self.second, self.force, self.indicated)
        return _Indentations(*(column[chosen] for column in columns))


def evaluate_vickers(
    dataset: "xarray.Dataset",
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
) -> Evaluation:
    """Obtain the mean hardness and its range, and the state of the machine on a reference block.

    Parameters
    ----------
    dataset
        A row an indentation: `diagonal_1`, `diagonal_2` [mm]; where they are known `test_force`
        [N], `indicated_hardness` [HV] and `on_block`, 1 on the reference block and else 0.
    parameters
        `scale`, `dwell` [s], `count`, `material`, `surface`, `diameter`, `thickness`, `spacing`,
        `edge` [mm], `block_hardness` [HV].
    data
        Method data of ISO 6507-1.
    """
    piece, block, findings = _read(dataset)
    scale = str(parameters["scale"])
    force = float(data["forces"][scale])
    values = dict.fromkeys(_NAMES, Obtained(None, "reason.no-block"))
    check = _daily(block, parameters, force, data, findings)
    if check is not None:
        values["block_bias"] = Obtained(check.bias)
        values["block_repeatability"] = Obtained(check.repeatability)
    constructions: list[Construction] = []
    hardness = _hardness(piece, parameters, force, data, findings)
    least = int(data["indentations"]["least"])
    if hardness is None or len(hardness) < least:
        reason = "reason.beyond-curvature" if hardness is None else "reason.few-indentations"
        if not len(piece.number):
            reason = "reason.no-indentation"
        values |= dict.fromkeys(_NAMES[:3], Obtained(None, reason))
    else:
        mean = float(np.mean(hardness))
        values["mean_hardness"] = Obtained(mean)
        values["hardness_range"] = Obtained(float(np.ptp(hardness)))
        values["hardness_deviation"] = Obtained(float(np.std(hardness, ddof=1)))
        dwell = float(parameters["dwell"] or 0.0)
        text = notation(mean, scale, dwell, data["notation"])
        findings.append(Finding("hardness-notation", {"text": text}))
        constructions.append(_level("mean-hardness", piece, mean))
    if check is not None:
        constructions.append(_level("certified-hardness", block, check.certified))
    uncertainty = vickers_uncertainty(dataset, parameters, data)
    if uncertainty is not None:
        findings += uncertainty.findings()
    return Evaluation(
        values=values,
        findings=tuple(findings),
        constructions=tuple(constructions),
        budgets={} if uncertainty is None else {"mean_hardness": uncertainty.stated},
    )


def vickers_uncertainty(
    dataset: "xarray.Dataset",
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
    *,
    corrected: bool = False,
) -> HardnessUncertainty | None:
    """Evaluate the uncertainty of the mean hardness (Annex D); None where there is no mean.

    A block whose certified uncertainty is not known, or that was indented once, says nothing of the
    machine: its permissible bias is taken instead.

    Parameters
    ----------
    dataset, parameters, data
        As for `evaluate_vickers`, and `resolution` [mm] of the diagonals, `block_uncertainty` [HV].
    corrected
        Whether the hardness is corrected for the bias found on the block.
    """
    piece, block, _ = _read(dataset)
    force = float(data["forces"][str(parameters["scale"])])
    hardness = _hardness(piece, parameters, force, data, [])
    if hardness is None or len(hardness) < int(data["indentations"]["least"]):
        return None
    expanded = parameters.get("block_uncertainty")
    check = None if expanded is None else _daily(block, parameters, force, data, [])
    mean, diagonal = float(np.mean(hardness)), float(np.mean(piece.diagonal))
    share = permissible_bias(diagonal, data["daily"]["bias"]) / _PERCENT
    return hardness_uncertainty(
        [float(each) for each in hardness],
        reading_step=reading_step_vickers(mean, diagonal, float(parameters["resolution"] or 0.0)),
        unit="HV",
        block=check,
        block_expanded=float(expanded or 0.0),
        permissible_bias=share * mean,
        corrected=corrected and check is not None,
    )


def _read(dataset: "xarray.Dataset") -> tuple[_Indentations, _Indentations, list[Finding]]:
    """Give the indentations on the piece and those on the block."""
    first, second = (
        dataset[name].to_numpy().astype(np.float64) for name in ("diagonal_1", "diagonal_2")
    )
    known = {
        name: dataset[name].to_numpy().astype(np.float64)
        for name in ("test_force", "indicated_hardness", "on_block")
        if name in dataset
    }
    unknown = np.full(len(first), np.nan)
    # NaN compares false: a diagonal that is missing is not larger than zero either.
    usable = (first > 0.0) & (second > 0.0) & np.isfinite(first) & np.isfinite(second)
    rows = _Indentations(
        np.arange(1.0, len(first) + 1.0),
        first,
        second,
        known.get("test_force", unknown),
        known.get("indicated_hardness", unknown),
    )
    on_block = known.get("on_block", np.zeros(len(first))) > 0.5
    findings = []
    if not usable.all():
        findings.append(Finding("rows-unusable", {"count": int((~usable).sum())}))
    return rows.of(usable & ~on_block), rows.of(usable & on_block), findings


def _daily(
    block: _Indentations,
    parameters: Mapping[str, float | str | None],
    force: float,
    data: Mapping[str, Any],
    findings: list[Finding],
) -> BlockCheck | None:
    certified = parameters.get("block_hardness")
    if certified is None:
        findings.append(Finding("no-daily-check"))
        return None
    least = int(data["daily"]["least"])
    if len(block.number) < least:
        findings.append(not_measured(len(block.number), least))
        return None
    check = check_vickers_block(block.diagonal, float(certified), force, data)
    findings += [*check.findings(), *_machine(block, force, data)]
    return check


def _hardness(
    piece: _Indentations,
    parameters: Mapping[str, float | str | None],
    force: float,
    data: Mapping[str, Any],
    findings: list[Finding],
) -> Floats | None:
    """Give the hardness of each indentation [HV]; None where its curvature has no correction."""
    if not len(piece.number):
        return piece.number
    wanted = round(float(parameters.get("count") or 0.0))
    if len(piece.number) < wanted:
        findings.append(
            Finding("indentations-missing", {"count": len(piece.number), "wanted": wanted})
        )
    findings += [
        *_machine(piece, force, data),
        *_shape(piece, data["indentations"]),
        *_room(float(np.max(piece.diagonal)), parameters, data),
    ]
    hardness = vickers_hardness(force, piece.diagonal, data["formula"]["constant"])
    surface = str(parameters.get("surface") or "flat")
    if surface == "flat":
        return hardness
    diameter = float(parameters.get("diameter") or 0.0)
    factor = (
        curvature_factor(piece.diagonal, diameter, data["curvature"][surface])
        if diameter > 0.0
        else None
    )
    if factor is None:
        findings.append(Finding("curvature-unknown", {"diameter": diameter}, invalidates=True))
        return None
    findings.append(Finding("curvature-corrected", {"factor": float(np.mean(factor))}))
    return hardness * factor


def _machine(rows: _Indentations, force: float, data: Mapping[str, Any]) -> list[Finding]:
    """Hold force and hardness that the machine tells against those that were asked and found."""
    found = []
    told = rows.force[np.isfinite(rows.force)]
    off = float(np.max(np.abs(told / force - 1.0), initial=0.0)) * _PERCENT
    tolerance = float(data["force"]["tolerance"])
    if off > tolerance * (1.0 + 1e-9):
        found.append(
            Finding("test-force-off", {"off": off, "allowed": tolerance}, invalidates=True)
        )
    calculated = vickers_hardness(force, rows.diagonal, data["formula"]["constant"])
    apart = np.abs(rows.indicated / calculated - 1.0)[np.isfinite(rows.indicated)]
    largest = float(np.max(apart, initial=0.0)) * _PERCENT
    if largest > data["indentations"]["indication"]:
        found.append(Finding("indication-differs", {"difference": largest}))
    return found


def _shape(piece: _Indentations, rules: Mapping[str, Any]) -> list[Finding]:
    """Look at the diagonals: their difference, and whether the standard covers their length."""
    found = []
    diagonal = piece.diagonal
    share = np.abs(piece.first - piece.second) / diagonal * _PERCENT
    unequal = share > rules["unequal"] * (1.0 + 1e-9)
    if unequal.any():
        found.append(
            Finding(
                "diagonals-unequal",
                {
                    "count": int(unequal.sum()),
                    "largest": float(np.max(share)),
                    "allowed": float(rules["unequal"]),
                },
            )
        )
    low, high = rules["scope"]
    outside = (diagonal < low) | (diagonal > high)
    if outside.any():
        found.append(
            Finding(
                "diagonal-outside-scope",
                {"count": int(outside.sum()), "low": float(low), "high": float(high)},
            )
        )
    return found


def _room(
    largest: float, parameters: Mapping[str, float | str | None], data: Mapping[str, Any]
) -> list[Finding]:
    """Check spacing, edge and thickness, where they are known, on the largest indentation."""
    spacing = data["spacing"][str(parameters.get("material") or "steel")]
    asked = {
        "spacing": ("spacing-too-small", spacing["between"]),
        "edge": ("edge-too-near", spacing["edge"]),
        "thickness": ("test-piece-too-thin", data["indentations"]["thickness"]),
    }
    found = []
    for name, (code, diagonals) in asked.items():
        given, needed = parameters.get(name), float(diagonals) * largest
        if given is not None and float(given) < needed * (1.0 - 1e-9):
            found.append(Finding(code, {"given": float(given), "needed": needed}, invalidates=True))
    return found


def _level(code: str, rows: _Indentations, hardness: float) -> Construction:
    """Draw a hardness across the indentations that it belongs to."""
    ends = float(rows.number[0]), float(rows.number[-1])
    return Construction(code, ends, (hardness, hardness))

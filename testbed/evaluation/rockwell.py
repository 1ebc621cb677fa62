"""Evaluation of a Rockwell hardness test, ISO 6508-1:2016."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.evaluation.hardness_uncertainty import HardnessUncertainty, hardness_uncertainty
from testbed.evaluation.integration import Floats
from testbed.evaluation.reference_block import BlockCheck, not_measured
from testbed.evaluation.rounding import round_to
from testbed.procedure.results import Construction, Evaluation, Finding, Obtained

if TYPE_CHECKING:
    import xarray

__all__ = [
    "check_rockwell_block",
    "depth_of",
    "evaluate_rockwell",
    "rockwell_hardness",
    "rockwell_uncertainty",
]

_NAMES = (
    "mean_hardness", "hardness_range", "hardness_deviation", "block_bias", "block_repeatability",
)  # fmt: skip
_PIECE = _NAMES[:3]


def rockwell_hardness(depth: Floats, scale: Mapping[str, Any]) -> Floats:
    """Give the hardness of each indentation in units of the scale.

    Parameters
    ----------
    depth
        Permanent depth under the preliminary force [mm].
    scale
        `number` N and `unit` S [mm] of the scale: HR = N - h/S (4, table 1).
    """
    return np.asarray(scale["number"] - depth / scale["unit"], np.float64)


def depth_of(hardness: float, scale: Mapping[str, Any]) -> float:
    """Give the permanent depth [mm] of a hardness."""
    return float((scale["number"] - hardness) * scale["unit"])


def check_rockwell_block(depth: Floats, certified: float, scale: Mapping[str, Any]) -> BlockCheck:
    """Hold the indentations on a reference block against its certificate (Annex E).

    Parameters
    ----------
    depth
        Of the indentations on the block [mm], at least one.
    certified
        Hardness of the block.
    scale
        The scale's table of the method data.
    """
    hardness = rockwell_hardness(depth, scale)
    return BlockCheck(
        certified=certified,
        values=tuple(map(float, hardness)),
        permissible_bias=_permissible_bias(certified, scale),
        repeatability=float(np.ptp(hardness)),
        permissible_repeatability=max(
            scale["share"] * (scale["number"] - certified), scale["least"]
        ),
    )


def evaluate_rockwell(
    dataset: "xarray.Dataset",
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
) -> Evaluation:
    """Obtain the mean hardness and its range, and the state of the machine on a reference block.

    Parameters
    ----------
    dataset
        A row an indentation: `depth` [mm] and, where it is known, `on_block`, 1 on the reference
        block and else 0.
    parameters
        `scale`, `count`, `thickness` [mm], `block_hardness`.
    data
        Method data of ISO 6508-1.
    """
    name = str(parameters["scale"])
    scale = data["scales"][name]
    piece, block, findings = _read(dataset)
    values = dict.fromkeys(_NAMES, Obtained(None, "reason.no-block"))
    check = _daily(block[1], parameters, data, findings)
    constructions = []
    if check is not None:
        values["block_bias"] = Obtained(check.bias)
        values["block_repeatability"] = Obtained(check.repeatability)
        constructions.append(_level("certified-hardness", block[0], check.certified))
    hardness = rockwell_hardness(piece[1], scale)
    if len(hardness) < int(data["indentations"]["least"]):
        reason = "reason.few-indentations" if len(hardness) else "reason.no-indentation"
        values |= dict.fromkeys(_PIECE, Obtained(None, reason))
    else:
        mean = float(np.mean(hardness))
        values["mean_hardness"] = Obtained(mean)
        values["hardness_range"] = Obtained(float(np.ptp(hardness)))
        values["hardness_deviation"] = Obtained(float(np.std(hardness, ddof=1)))
        findings += _conditions(hardness, piece[1], parameters, scale)
        findings.append(Finding("hardness-notation", {"text": f"{round_to(mean, 0.1)} {name}"}))
        constructions.append(_level("mean-hardness", piece[0], mean))
    uncertainty = rockwell_uncertainty(dataset, parameters, data)
    if uncertainty is not None:
        findings += uncertainty.findings()
    return Evaluation(
        values=values,
        findings=tuple(findings),
        constructions=tuple(constructions),
        budgets={} if uncertainty is None else {"mean_hardness": uncertainty.stated},
    )


def rockwell_uncertainty(
    dataset: "xarray.Dataset",
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
    *,
    corrected: bool = False,
) -> HardnessUncertainty | None:
    """Evaluate the uncertainty of the mean hardness (Annex G); None where there is no mean.

    A block whose certified uncertainty is not known, or that was indented once, says nothing of the
    machine: its permissible bias is taken instead.

    Parameters
    ----------
    dataset, parameters, data
        As for `evaluate_rockwell`, and `resolution` [units of the scale], `block_uncertainty`.
    corrected
        Whether the hardness is corrected for the bias found on the block.
    """
    scale = data["scales"][str(parameters["scale"])]
    piece, block, _ = _read(dataset)
    hardness = rockwell_hardness(piece[1], scale)
    if len(hardness) < int(data["indentations"]["least"]):
        return None
    expanded = parameters.get("block_uncertainty")
    check = None if expanded is None else _daily(block[1], parameters, data, [])
    return hardness_uncertainty(
        [float(each) for each in hardness],
        reading_step=float(parameters["resolution"] or 0.0),
        unit="1",
        block=check,
        block_expanded=float(expanded or 0.0),
        permissible_bias=_permissible_bias(float(np.mean(hardness)), scale),
        corrected=corrected and check is not None,
    )


def _permissible_bias(hardness: float, scale: Mapping[str, Any]) -> float:
    return float(next(bias for up_to, bias in scale["bias"] if hardness <= up_to))


def _read(
    dataset: "xarray.Dataset",
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats], list[Finding]]:
    """Give number and depth of the indentations on the piece, and of those on the block."""
    depth = dataset["depth"].to_numpy().astype(np.float64)
    number = np.arange(1.0, len(depth) + 1.0)
    on_block = np.zeros(len(depth), bool)
    if "on_block" in dataset:
        on_block = dataset["on_block"].to_numpy() > 0.5
    # NaN compares false.
    usable = (depth >= 0.0) & np.isfinite(depth)
    findings = []
    if not usable.all():
        findings.append(Finding("rows-unusable", {"count": int((~usable).sum())}))
    piece, block = usable & ~on_block, usable & on_block
    return (number[piece], depth[piece]), (number[block], depth[block]), findings


def _daily(
    depth: Floats,
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
    findings: list[Finding],
) -> BlockCheck | None:
    certified = parameters.get("block_hardness")
    if certified is None:
        findings.append(Finding("no-daily-check"))
        return None
    least = int(data["daily"]["least"])
    if len(depth) < least:
        findings.append(not_measured(len(depth), least))
        return None
    check = check_rockwell_block(depth, float(certified), data["scales"][str(parameters["scale"])])
    findings += check.findings()
    return check


def _conditions(
    hardness: Floats,
    depth: Floats,
    parameters: Mapping[str, float | str | None],
    scale: Mapping[str, Any],
) -> list[Finding]:
    """Check number, range of the scale and thickness of the piece (4, 7.4)."""
    found = []
    wanted = round(float(parameters.get("count") or 0.0))
    if len(hardness) < wanted:
        found.append(Finding("indentations-missing", {"count": len(hardness), "wanted": wanted}))
    low, high = scale["range"]
    outside = (hardness < low) | (hardness > high)
    if outside.any():
        found.append(
            Finding(
                "hardness-outside-scale",
                {"count": int(outside.sum()), "low": float(low), "high": float(high)},
            )
        )
    given, needed = parameters.get("thickness"), float(scale["thickness"] * np.max(depth))
    if given is not None and float(given) < needed * (1.0 - 1e-9):
        found.append(
            Finding(
                "test-piece-too-thin",
                {"given": float(given), "needed": needed},
                invalidates=True,
            )
        )
    return found


def _level(code: str, number: Floats, hardness: float) -> Construction:
    """Draw a hardness across the indentations that it belongs to."""
    return Construction(code, (float(number[0]), float(number[-1])), (hardness, hardness))

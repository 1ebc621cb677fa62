"""Dwell inside a tolerance, and rates of change, as far as a record proves them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from testbed.evaluation.climate_budget import (
    climate_facts,
    deviation_budget,
    held_budget,
    rate_budget,
)
from testbed.evaluation.integration import Floats, gaps, trapezoid
from testbed.evaluation.uncertainty import Budget
from testbed.procedure.results import Construction, Evaluation, Finding, Obtained

if TYPE_CHECKING:
    import xarray

__all__ = ["evaluate_dwell", "highest_rate", "sampling_period", "time_inside"]

_HOUR = 3600.0
_MINUTE = 60.0


def sampling_period(parameters: Mapping[str, float | str | None], data: Mapping[str, Any]) -> float:
    """Tell how often a dwell is sampled [s]: a long one less often than a short one.

    Parameters
    ----------
    parameters
        `duration` [h].
    data
        Method data with ``sampling.period``, ``sampling.held`` [s] and ``sampling.long`` [h].
    """
    rules = data["sampling"]
    long = float(parameters["duration"] or 0.0) >= float(rules.get("long", np.inf))
    return float(rules["held"] if long else rules["period"])


def time_inside(time: Floats, deviation: Floats, tolerance: float, longest: float) -> float:
    """Add up the time [s] between neighbouring samples that both lie inside the tolerance.

    Parameters
    ----------
    time
        Ascending [s].
    deviation
        From the nominal value, same unit as `tolerance`.
    longest
        A step longer than this [s] is a gap, and a gap proves nothing.
    """
    inside = np.abs(deviation) <= tolerance
    steps = np.diff(time)
    proven = inside[1:] & inside[:-1] & ~gaps(time, longest)
    return float(np.sum(steps[proven]))


def highest_rate(time: Floats, value: Floats, over: float, longest: float) -> float | None:
    """Find the steepest mean rate of change over any window of length `over`.

    Parameters
    ----------
    time
        Strictly ascending [s].
    over
        Length of the window [s]; the value at its end is interpolated.
    longest
        A window that spans a step longer than this [s] proves nothing and is left out.

    Returns
    -------
    float or None
        Largest size of the rate [unit/s]; None where no window is covered.
    """
    ends = time + over
    starts = np.flatnonzero(ends <= time[-1] + 1e-9) if len(time) else np.array([], dtype=int)
    if not len(starts):
        return None
    torn = np.concatenate(([0], np.cumsum(gaps(time, longest))))
    last = np.minimum(np.searchsorted(time, ends[starts] - 1e-9), len(time) - 1)
    whole = torn[last] == torn[starts]
    if not whole.any():
        return None
    change = np.interp(ends[starts], time, value) - value[starts]
    return float(np.max(np.abs(change[whole])) / over)


def evaluate_dwell(
    dataset: "xarray.Dataset",
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
    phases: Sequence[str],
) -> Evaluation:
    """Judge the dwell on the specimen's own sensor and the ramps on the chamber's air.

    Parameters
    ----------
    dataset
        `specimen_temperature`, `air_temperature` [degC] and `phase` over `time` [s].
    parameters
        `temperature` [degC] and `duration` [h].
    data
        Method data of IEC 60068-2-2.
    phases
        Names of the phases in the order of their index.
    """
    time = dataset["time"].to_numpy().astype(np.float64)
    specimen = dataset["specimen_temperature"].to_numpy().astype(np.float64)
    air = dataset["air_temperature"].to_numpy().astype(np.float64)
    at = dataset["phase"].to_numpy()
    target = float(parameters["temperature"] or 0.0)
    longest = float(data["sampling"]["gap"]) * sampling_period(parameters, data)
    over = float(data["tolerance"]["ramp_over"]) * _MINUTE
    allowed = float(data["tolerance"]["temperature"])

    held, deviation = _clean(time, specimen, at == phases.index("condition"))
    deviation = deviation - target
    ramp = _ramp(time, air, longest, over)
    findings = _findings(parameters, data, held, time, longest)
    values = {"max_ramp": Obtained(ramp, "" if ramp is not None else "reason.no-ramp-recorded")}
    if len(held) < 2:
        nothing = Obtained(None, "reason.no-conditioning")
        values |= {"dwell": nothing, "max_deviation": nothing, "mean_temperature": nothing}
        return Evaluation(values=values, findings=findings)
    span = float(held[-1] - held[0])
    mean = trapezoid(deviation, held) / span if span > 0.0 else float(np.mean(deviation))
    values["dwell"] = Obtained(time_inside(held, deviation, allowed, longest) / _HOUR)
    values["max_deviation"] = Obtained(float(np.max(np.abs(deviation))))
    values["mean_temperature"] = Obtained(target + mean)
    ends = (float(held[0]), float(held[-1]))
    worst = int(np.argmax(np.abs(deviation)))
    return Evaluation(
        values=values,
        findings=findings,
        budgets=_budgets(values, data, held, deviation),
        constructions=(
            Construction("tolerance-high", ends, (target + allowed, target + allowed)),
            Construction("tolerance-low", ends, (target - allowed, target - allowed)),
            Construction(
                "largest-deviation", (float(held[worst]),), (target + float(deviation[worst]),)
            ),
        ),
    )


def _budgets(
    values: Mapping[str, Obtained], data: Mapping[str, Any], held: Floats, deviation: Floats
) -> Mapping[str, Budget]:
    if "uncertainty" not in data:
        # Version 1 of the method stated none.
        return {}
    facts = climate_facts(data)
    period = float(np.median(np.diff(held)))
    over = float(data["tolerance"]["ramp_over"]) * _MINUTE
    found = {name: each.value for name, each in values.items() if each.value is not None}
    budgets = {}
    if "max_ramp" in found:
        budgets["max_ramp"] = rate_budget(found["max_ramp"], over, facts)
    budgets["max_deviation"] = deviation_budget(found["max_deviation"], facts)
    budgets["mean_temperature"] = deviation_budget(
        found["mean_temperature"], facts, measurand="mean_temperature", unit="degC"
    )
    # Conditioning begins by the clock, not by a crossing: only samples and clock bound it.
    budgets["dwell"] = held_budget(found["dwell"], facts, period=period)
    return budgets


def _clean(time: Floats, value: Floats, rows: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Keep the finite samples of some rows, one an instant; an unusable sample leaves a gap."""
    keep = rows & np.isfinite(time) & np.isfinite(value)
    instants, index = np.unique(time[keep], return_index=True)
    return instants, value[keep][index]


def _ramp(time: Floats, air: Floats, longest: float, over: float) -> float | None:
    """Find the highest rate of the air [K/min] in the whole record."""
    instants, value = _clean(time, air, np.ones(len(time), dtype=np.bool_))
    rate = highest_rate(instants, value, over, longest)
    return None if rate is None else rate * _MINUTE


def _findings(
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
    held: Floats,
    time: Floats,
    longest: float,
) -> tuple[Finding, ...]:
    found = []
    missing = gaps(held, longest)
    if missing.any():
        found.append(
            Finding(
                "dwell-gap",
                {"count": int(missing.sum()), "longest": float(np.diff(held).max())},
            )
        )
    everything = np.unique(time[np.isfinite(time)])
    if int(gaps(everything, longest).sum()) > int(missing.sum()):
        found.append(Finding("ramp-gap", {"longest": float(np.diff(everything).max())}))
    severity = data["severity"]
    if float(parameters["temperature"] or 0.0) not in severity["temperatures"]:
        found.append(
            Finding("temperature-not-preferred", {"temperature": parameters["temperature"] or 0.0})
        )
    if float(parameters["duration"] or 0.0) not in severity["durations"]:
        found.append(Finding("duration-not-preferred", {"duration": parameters["duration"] or 0.0}))
    return tuple(found)

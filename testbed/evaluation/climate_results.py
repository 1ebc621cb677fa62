"""The budgets that an evaluation of a climatic test states with its results."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from testbed.evaluation.climate import ClimateRecord, Dwell
from testbed.evaluation.climate_budget import (
    ClimateFacts,
    climate_facts,
    deviation_budget,
    dwell_budget,
    humidity_budget,
    rate_budget,
    temperature_inputs,
)
from testbed.evaluation.climate_findings import DwellOf
from testbed.evaluation.uncertainty import Budget, propagate, rectangular, standard
from testbed.procedure.climate import Segment
from testbed.procedure.results import Obtained

__all__ = ["entry_rate", "stated"]

_MINUTE = 60.0
_HOUR = 3600.0
_LOOK_BACK = 4  # samples over which a crossing's rate is taken
_DEVIATIONS = ("max_deviation", "upper_deviation", "lower_deviation")
_RATES = ("max_ramp", "lowest_rate", "highest_rate")
_HUMIDITIES = ("max_humidity_deviation", "mean_humidity", "humidity_margin")
_SECONDS = {"min": _MINUTE, "h": _HOUR}
_TIMES = {
    "longest_transfer": "min",
    "shortest_transfer": "min",
    "longest_recovery": "min",
    **{
        f"{which}_{what}": "h"
        for which in ("shortest", "longest")
        for what in ("rise", "half", "fall", "cycle", "projected_fall")
    },
}


def entry_rate(record: ClimateRecord, dwells: Iterable[DwellOf], facts: ClimateFacts) -> float:
    """Tell how fast the band was entered at the slowest [K/min]; infinite where it was not.

    Where humidity came last, it is the rate of temperature that would leave the same doubt about
    the instant.
    """
    edge = _edge(facts)
    slowest = math.inf
    for segment, dwell in dwells:
        slowest = min(slowest, *_crossings(record, segment, dwell, edge, facts), math.inf)
    return slowest


def _crossings(
    record: ClimateRecord, segment: Segment, dwell: Dwell, edge: float, facts: ClimateFacts
) -> Sequence[float]:
    if dwell.onset is None:
        return ()
    at = int(np.searchsorted(record.time, dwell.onset))
    back = record.rows(slice(max(at - _LOOK_BACK, 0), at + 1))
    passed = float(back.time[-1] - back.time[0]) / _MINUTE
    if passed <= 0.0:
        return ()
    found = []
    off = np.abs(back.monitor - segment.temperature)
    if off[-2] > segment.tolerance:
        found.append(max(float(off[0] - off[-1]), facts.noise) / passed)
    band = segment.humidity_tolerance
    if band is not None and segment.humidity is not None and back.humidity is not None:
        off = np.abs(back.humidity - segment.humidity)
        if off[-2] > band:
            rate = max(float(off[0] - off[-1]), facts.resolution) / passed
            doubt = math.hypot(
                facts.hygrometer_expanded / facts.hygrometer_factor,
                facts.hygrometer_drift / math.sqrt(3.0),
            )
            found.append(rate * edge / doubt if doubt > 0.0 else math.inf)
    return [each for each in found if math.isfinite(each)]


def stated(
    values: Mapping[str, Obtained],
    record: ClimateRecord,
    dwells: Sequence[DwellOf],
    data: Mapping[str, Any],
    *,
    period: float,
    over: float = math.inf,
) -> dict[str, Budget]:
    """State the uncertainty of every result that has one here.

    Parameters
    ----------
    period
        Between two samples [s].
    over
        Time that rates were averaged over [s].
    """
    if "uncertainty" not in data:
        return {}
    facts = climate_facts(data)
    found = {name: each.value for name, each in values.items() if each.value is not None}
    uniformity = float(found.get("uniformity", 0.0))
    rate = entry_rate(record, dwells, facts)
    budgets: dict[str, Budget] = {}
    for name, value in found.items():
        if name in _DEVIATIONS:
            budgets[name] = deviation_budget(value, facts, measurand=name, uniformity=uniformity)
        elif name == "mean_temperature":
            budgets[name] = deviation_budget(
                value, facts, measurand=name, unit="degC", uniformity=uniformity
            )
        elif name in _RATES and math.isfinite(over):
            budgets[name] = rate_budget(value, over, facts)
        elif name == "dwell":
            budgets[name] = dwell_budget(value, facts, entry_rate=rate, period=period)
        elif name in _HUMIDITIES and dwells:
            budgets[name] = _humidity(value, dwells[0][0], facts, uniformity)
        elif name in _TIMES:
            budgets[name] = _time(
                name, value, facts, period, *_doubt(name, value, dwells, facts, rate)
            )
        elif name == "passed_cycles":
            # What was counted is exact.
            budgets[name] = propagate(
                lambda counted: 1.0 * counted,
                (standard("counted", value, 0.0),),
                measurand=name,
                draws=None,
            )
    return budgets


def _humidity(value: float, segment: Segment, facts: ClimateFacts, uniformity: float) -> Budget:
    return humidity_budget(
        value,
        facts,
        humidity=segment.humidity or 0.0,
        temperature=segment.temperature,
        uniformity=uniformity,
    )


def _edge(facts: ClimateFacts) -> float:
    return math.sqrt(sum(each.uncertainty**2 for each in temperature_inputs(0.0, facts)))


def _doubt(
    name: str, value: float, dwells: Sequence[DwellOf], facts: ClimateFacts, rate: float
) -> tuple[float, float]:
    """Tell by how much a temperature is in doubt [K] that fixes a time, and its rate [K/min]."""
    if name.endswith("projected_fall"):
        # Of the difference of two readings of one sensor, what does not change cancels.
        levels = [segment.temperature for segment, _ in dwells]
        reading = math.hypot(facts.noise, facts.resolution / math.sqrt(12.0))
        return math.sqrt(2.0) * reading, (max(levels) - min(levels)) / (value * _MINUTE)
    if name.endswith(("_half", "_cycle", "_transfer")):
        # They begin and end by the clock, or where the temperature changes over steeply.
        return 0.0, math.inf
    return _edge(facts), rate


def _time(
    name: str, value: float, facts: ClimateFacts, period: float, doubt: float, rate: float
) -> Budget:
    """Give the budget of a time between two instants of the record, in the unit of its name."""
    unit = _TIMES[name]
    seconds = _SECONDS[unit]
    inputs = (
        rectangular("begin", 0.0, 0.5 * period / seconds, unit=unit, name="between samples"),
        rectangular("end", 0.0, 0.5 * period / seconds, unit=unit, name="between samples"),
        standard("edge", 0.0, doubt, unit="K", name="edge of the band"),
        rectangular("clock", 1.0, facts.clock, name="time base"),
    )
    per_kelvin = _MINUTE / seconds / rate
    return propagate(
        lambda begin, end, edge, clock: value * clock + end - begin + edge * per_kelvin,
        inputs,
        measurand=name,
        unit=unit,
        draws=None,
    )

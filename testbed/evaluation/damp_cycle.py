"""Damp heat, cyclic, IEC 60068-2-30, test Db: times, temperatures and humidities of each cycle."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.evaluation.climate import (
    ClimateRecord,
    Dwell,
    find_dwell,
    overshoot,
    read_record,
    visits,
)
from testbed.evaluation.climate_findings import (
    DwellOf,
    bands,
    dwell_gaps,
    not_preferred,
    obtained,
    other_gaps,
    space_values,
)
from testbed.evaluation.climate_results import stated
from testbed.evaluation.integration import Floats, gaps
from testbed.evaluation.working_space import humidity_spread
from testbed.procedure.climate import Segment, SegmentKind, longest_step, recording_period
from testbed.procedure.results import Evaluation, Obtained

if TYPE_CHECKING:
    import xarray

__all__ = ["Cycle", "evaluate_damp_cycles", "humidity_margin"]

_HOUR = 3600.0
_MINUTE = 60.0
_PARTS = ("rise", "upper", "fall", "lower")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """What a record proves of one cycle of 24 h.

    Attributes
    ----------
    rise, fall
        From the beginning of the cycle, or of the fall, until the monitoring sensor came to stay
        in the band [h]; None where it never did.
    half
        From the beginning of the cycle to that of the fall [h].
    whole
        Length of the cycle [h].
    projected
        In how many hours [h] the whole fall would be done at its mean rate over the first part.
    upper, lower
        The dwells at both temperatures.
    margin
        Smallest distance of the humidity to the edge of its band [%]; negative outside of it.
    torn
        Whether it has a gap.
    """

    rise: float | None
    fall: float | None
    half: float
    whole: float
    projected: float | None
    upper: Dwell
    lower: Dwell
    margin: float | None
    torn: bool


def humidity_margin(time: Floats, humidity: Floats, rules: Mapping[str, Any]) -> float | None:
    """Find the smallest distance of a part's humidity to the edge of its band [%].

    Parameters
    ----------
    time, humidity
        Samples of the part, [s] and [%].
    rules
        ``low`` and ``high`` [%], either may be missing; ``first`` and ``last`` with ``minutes``
        and a band of their own, for the beginning and the end of the part.
    """
    usable = np.isfinite(time) & np.isfinite(humidity)
    if not usable.any():
        return None
    since, until = time[usable] - time.min(), time.max() - time[usable]
    value = humidity[usable]
    low = np.full(len(value), float(rules.get("low", -np.inf)))
    high = np.full(len(value), float(rules.get("high", np.inf)))
    for edge, distance in (("first", since), ("last", until)):
        if edge in rules:
            near = distance <= float(rules[edge]["minutes"]) * _MINUTE
            low[near] = np.minimum(low[near], float(rules[edge].get("low", -np.inf)))
            high[near] = np.maximum(high[near], float(rules[edge].get("high", np.inf)))
    return float(np.minimum(value - low, high - value).min())


def evaluate_damp_cycles(
    dataset: "xarray.Dataset",
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
    programme: Sequence[Segment],
) -> Evaluation:
    """Judge every cycle on the monitoring sensors, and count those that conform.

    Parameters
    ----------
    dataset
        See `read_record`, with `humidity`.
    parameters
        Complete: `temperature` [degC], `variant`, `cycles`.
    """
    record = read_record(dataset)
    longest = longest_step(parameters, data)
    stays = float(data["dwell"]["stays"]) * _MINUTE
    bounds = data["humidity"] | data["humidity"][str(parameters["variant"])]
    numbers = sorted({each.cycle for each in programme if each.cycle})
    cycles = [_cycle(record, programme, number, data, bounds, longest) for number in numbers]
    walked = [each for each in cycles if each is not None]
    levels = {part: next(s for s in programme if s.part == part) for part in ("upper", "lower")}
    begun: list[DwellOf] = [
        (levels[part], getattr(each, part)) for each in walked for part in ("upper", "lower")
    ]
    complete = len(walked) == len(cycles)
    conforming = sum(each is not None and _conforms(each, parameters, data) for each in cycles)
    values = {
        "passed_cycles": Obtained(float(conforming)),
        **_times(walked, complete, str(parameters["variant"]) in data["fall"]["projected_for"]),
        **_levels(record, walked, levels, begun),
        "humidity_margin": obtained(
            min((each.margin for each in walked if each.margin is not None), default=None),
            "reason.no-humidity",
        ),
        **space_values(record, [_standing(record, programme, *each, stays) for each in begun]),
    }
    names = {"temperature": "temperatures", "cycles": "cycles"}
    return Evaluation(
        values=values,
        budgets=stated(values, record, begun, data, period=recording_period(parameters, data)),
        findings=(
            *dwell_gaps(begun),
            *other_gaps(record, begun, longest),
            *not_preferred(parameters, data["severity"], names),
        ),
        constructions=tuple(bands(begun)),
    )


def _standing(
    record: ClimateRecord,
    programme: Sequence[Segment],
    segment: Segment,
    dwell: Dwell,
    stays: float,
) -> DwellOf:
    """Leave out of a dwell what the chamber was still led through, and its settling [s]."""
    # The next part begins at the instant of the last sample.
    within = (record.time >= dwell.settled) & (record.time < dwell.end)
    moving = [n for n, each in enumerate(programme) if each.kind is SegmentKind.RAMP]
    led = record.time[within & np.isin(record.segment, moving)]
    return segment, replace(dwell, settled=max([dwell.settled, *(led + stays)]))


def _cycle(
    record: ClimateRecord,
    programme: Sequence[Segment],
    number: int,
    data: Mapping[str, Any],
    bounds: Mapping[str, Any],
    longest: float,
) -> Cycle | None:
    """Find what is proven of a cycle; None where a part of it is missing or was entered twice."""
    indices = [n for n, each in enumerate(programme) if each.cycle == number]
    found = [visit for visit in visits(record) if visit.index in indices]
    if [visit.index for visit in found] != indices:
        return None
    rows = {
        part: slice(
            min(v.first for v in found if programme[v.index].part == part),
            max(v.last for v in found if programme[v.index].part == part) + 1,
        )
        for part in _PARTS
    }
    whole = record.rows(slice(found[0].first, found[-1].last + 1))
    # Parts follow each other without a row between: one ends where the next begins.
    begins = {part: float(record.time[rows[part].start]) for part in _PARTS}
    upper_level = next(s for s in programme if s.cycle == number and s.part == "upper")
    lower_level = next(s for s in programme if s.cycle == number and s.part == "lower")
    stays = float(data["dwell"]["stays"]) * _MINUTE
    upper = _reached(record, slice(rows["rise"].start, rows["upper"].stop), upper_level,
                     stays, longest)  # fmt: skip
    lower = _reached(record, slice(rows["fall"].start, rows["lower"].stop), lower_level,
                     stays, longest)  # fmt: skip
    fall = record.rows(slice(rows["fall"].start, rows["lower"].stop))
    following = rows["lower"].stop
    end = float(record.time[min(following, len(record.time) - 1)])
    return Cycle(
        rise=None if upper.onset is None else (upper.onset - begins["rise"]) / _HOUR,
        fall=None if lower.onset is None else (lower.onset - begins["fall"]) / _HOUR,
        half=(begins["fall"] - begins["rise"]) / _HOUR,
        whole=(end - begins["rise"]) / _HOUR,
        projected=_projected(fall, upper_level, lower_level, float(data["fall"]["steep_hours"])),
        upper=upper,
        lower=lower,
        margin=min(_margins(record, rows, bounds), default=None),
        torn=bool(gaps(np.unique(whole.time[_usable(whole)]), longest).any()),
    )


def _usable(record: ClimateRecord) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    humidity = np.zeros(len(record.time)) if record.humidity is None else record.humidity
    return np.isfinite(record.monitor) & np.isfinite(humidity)


def _reached(
    record: ClimateRecord, rows: slice, level: Segment, stays: float, longest: float
) -> Dwell:
    part = record.rows(rows)
    return find_dwell(
        part.time,
        [part.monitor - level.temperature],
        [level.tolerance],
        stays=stays,
        longest=longest,
    )


def _margins(
    record: ClimateRecord, rows: Mapping[str, slice], bounds: Mapping[str, Any]
) -> Iterator[float]:
    if record.humidity is None:
        return
    for part, where in rows.items():
        margin = humidity_margin(record.time[where], record.humidity[where], bounds[part])
        if margin is not None:
            yield margin


def _projected(fall: ClimateRecord, upper: Segment, lower: Segment, hours: float) -> float | None:
    """Tell in how many hours the fall would be done at its mean rate over the first `hours`."""
    usable = np.isfinite(fall.monitor)
    time, value = fall.time[usable], fall.monitor[usable]
    if len(time) < 2 or time[-1] - time[0] < hours * _HOUR:
        return None
    fallen = float(value[0] - np.interp(time[0] + hours * _HOUR, time, value))
    if fallen <= 0.0:
        return None
    return hours * (upper.temperature - lower.temperature) / fallen


def _within(value: float | None, band: Sequence[float]) -> bool:
    return value is not None and band[0] <= value <= band[1]


def _conforms(
    cycle: Cycle, parameters: Mapping[str, float | str | None], data: Mapping[str, Any]
) -> bool:
    times = data["cycle"]
    tolerance = data["tolerance"]
    steep = str(parameters["variant"]) in data["fall"]["projected_for"]
    return (
        not cycle.torn
        and _within(cycle.rise, times["rise"])
        and _within(cycle.fall, times["fall"])
        and _within(cycle.half, times["half"])
        and _within(cycle.whole, times["whole"])
        and (not steep or _within(cycle.projected, times["projected"]))
        and cycle.upper.largest[0] <= float(tolerance["upper"])
        and cycle.lower.largest[0] <= float(tolerance["lower"])
        and cycle.margin is not None
        and cycle.margin >= 0.0
    )


def _times(walked: Sequence[Cycle], complete: bool, steep: bool) -> dict[str, Obtained]:
    """Give the longest and shortest times [h]; unset where a cycle does not show its own."""
    found = {}
    asked = {"rise": "rise", "fall": "fall", "half": "half", "whole": "cycle"}
    asked |= {"projected": "projected_fall"} if steep else {}
    for name, called in asked.items():
        times = [getattr(each, name) for each in walked]
        shown = bool(times) and complete and None not in times
        why = "reason.cycle-unproven"
        found[f"shortest_{called}"] = obtained(min(times) if shown else None, why)
        found[f"longest_{called}"] = obtained(max(times) if shown else None, why)
    if not steep:
        nothing = Obtained(None, "reason.not-asked-for")
        found |= {"shortest_projected_fall": nothing, "longest_projected_fall": nothing}
    return found


def _levels(
    record: ClimateRecord,
    walked: Sequence[Cycle],
    levels: Mapping[str, Segment],
    begun: Sequence[DwellOf],
) -> dict[str, Obtained]:
    why = "reason.cycle-unproven"
    found = {}
    for part in ("upper", "lower"):
        dwells = [getattr(each, part) for each in walked if getattr(each, part).onset is not None]
        found[f"{part}_deviation"] = obtained(
            max((dwell.largest[0] for dwell in dwells), default=None), why
        )
    uppers = [each.upper for each in walked if each.upper.onset is not None]
    found["dwell"] = obtained(min((d.proven / _HOUR for d in uppers), default=None), why)
    past = [
        overshoot(record.rows((record.time >= (d.onset or 0.0)) & (record.time <= d.end)),
                  levels["lower"].temperature, levels["upper"].temperature)
        for d in uppers
    ]  # fmt: skip
    found["overshoot"] = obtained(max((p for p in past if p is not None), default=None), why)
    held = np.zeros(len(record.time), dtype=np.bool_)
    for _, dwell in begun:
        if dwell.onset is not None:
            held |= (record.time >= dwell.onset) & (record.time <= dwell.end)
    part_rows = record.rows(held)
    spread = None
    if part_rows.humidity is not None:
        spread = humidity_spread(part_rows.space, part_rows.monitor, part_rows.humidity)
    found["humidity_uniformity"] = obtained(spread, "reason.working-space-unproven")
    return found

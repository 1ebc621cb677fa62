"""Tests at one climate: cold, damp heat steady state."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.evaluation.climate import (
    ClimateRecord,
    judged_dwell,
    mean_between,
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
from testbed.evaluation.dwell import highest_rate
from testbed.evaluation.integration import Floats, gaps
from testbed.evaluation.working_space import humidity_spread
from testbed.procedure.climate import Segment, SegmentKind, longest_step, recording_period
from testbed.procedure.results import Evaluation, Obtained

if TYPE_CHECKING:
    import xarray

__all__ = ["evaluate_constant"]

_HOUR = 3600.0
_MINUTE = 60.0


def evaluate_constant(
    dataset: "xarray.Dataset",
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
    programme: Sequence[Segment],
) -> Evaluation:
    """Judge the dwell on the monitoring sensors, and the ramps on every sensor but the control's.

    Parameters
    ----------
    dataset
        See `read_record`.
    parameters
        Complete: `temperature` [degC], `duration` [h], and `humidity` [%] where there is one.
    data
        Method data.
    programme
        The segments; the one called "condition" is judged.
    """
    record = read_record(dataset)
    longest = longest_step(parameters, data)
    index = [each.part for each in programme].index("condition")
    segment = programme[index]
    stays = float(data["dwell"]["stays"]) * _MINUTE
    dwells: list[DwellOf] = []
    rows = record.segment == index
    for visit in visits(record):
        if visit.index == index:
            part = record.rows(visit.rows)
            dwells.append((segment, judged_dwell(part, segment, stays=stays, longest=longest)))
    values = _dwell_values(record, segment, dwells)
    start = _first(record.monitor)
    passed = None if start is None else overshoot(record.rows(rows), start, segment.temperature)
    ramp = _highest_ramp(
        record, programme, longest, float(data["tolerance"]["ramp_over"]) * _MINUTE
    )
    values["max_ramp"] = obtained(ramp, "reason.ramp-unproven")
    values["overshoot"] = obtained(passed, "reason.no-conditioning")
    values |= space_values(record, dwells)
    names = {"temperature": "temperatures", "duration": "durations"}
    names |= {"humidity": "humidities"} if segment.humidity is not None else {}
    return Evaluation(
        values=values,
        budgets=stated(
            values,
            record,
            dwells,
            data,
            period=recording_period(parameters, data),
            over=float(data["tolerance"]["ramp_over"]) * _MINUTE,
        ),
        findings=(
            *dwell_gaps(dwells),
            *other_gaps(record, dwells, longest),
            *not_preferred(parameters, data["severity"], names),
        ),
        constructions=tuple(bands(dwells)),
    )


def _dwell_values(
    record: ClimateRecord, segment: Segment, dwells: Sequence[DwellOf]
) -> dict[str, Obtained]:
    begun = [dwell for _, dwell in dwells if dwell.onset is not None]
    why = "reason.no-conditioning"
    humid = segment.humidity is not None
    names = ["dwell", "max_deviation", "mean_temperature"]
    names += ["max_humidity_deviation", "mean_humidity", "humidity_uniformity"] if humid else []
    if not begun:
        return {name: Obtained(None, why) for name in names}
    held = np.zeros(len(record.time), dtype=np.bool_)
    for dwell in begun:
        held |= (record.time >= (dwell.onset or 0.0)) & (record.time <= dwell.end)
    part = record.rows(held)
    found = {
        "dwell": Obtained(sum(dwell.proven for dwell in begun) / _HOUR),
        "max_deviation": Obtained(max(dwell.largest[0] for dwell in begun)),
        "mean_temperature": obtained(_mean(part.time, part.monitor), why),
    }
    if humid and part.humidity is not None:
        spread = humidity_spread(part.space, part.monitor, part.humidity)
        found |= {
            "max_humidity_deviation": Obtained(max(dwell.largest[1] for dwell in begun)),
            "mean_humidity": obtained(_mean(part.time, part.humidity), why),
            "humidity_uniformity": obtained(spread, "reason.working-space-unproven"),
        }
    return found


def _mean(time: Floats, value: Floats) -> float | None:
    return mean_between(time, value, float(time[0]), float(time[-1])) if len(time) else None


def _first(value: Floats) -> float | None:
    finite = value[np.isfinite(value)]
    return float(finite[0]) if len(finite) else None


def _highest_ramp(
    record: ClimateRecord, programme: Sequence[Segment], longest: float, over: float
) -> float | None:
    """Find the highest rate [K/min] of any sensor; None where a ramp has a gap or no sensor."""
    ramps = {n for n, each in enumerate(programme) if each.kind is SegmentKind.RAMP}
    for visit in visits(record):
        part = record.rows(visit.rows)
        usable = part.time[np.isfinite(part.monitor)]
        if visit.index in ramps and gaps(np.unique(usable), longest).any():
            return None
    rates = []
    for sensor in (record.monitor, *record.space):
        usable = np.isfinite(sensor)
        order = np.lexsort((sensor[usable], record.time[usable]))
        instants, first = np.unique(record.time[usable][order], return_index=True)
        rate = highest_rate(instants, sensor[usable][order][first], over, longest)
        if rate is None:
            return None
        rates.append(rate * _MINUTE)
    return max(rates)

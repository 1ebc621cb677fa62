"""Change of temperature, IEC 60068-2-14: with a specified rate (Nb), and rapid by transfer (Na)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.evaluation.climate import (
    ClimateRecord,
    Dwell,
    Rates,
    Visit,
    find_dwell,
    judged_dwell,
    overshoot,
    ramp_rates,
    read_record,
    visits,
)
from testbed.evaluation.climate_findings import (
    bands,
    dwell_gaps,
    not_preferred,
    obtained,
    other_gaps,
    space_values,
)
from testbed.evaluation.climate_results import stated
from testbed.evaluation.integration import gaps
from testbed.procedure.climate import Segment, SegmentKind, longest_step, recording_period
from testbed.procedure.results import Evaluation, Obtained

if TYPE_CHECKING:
    import xarray

__all__ = ["Exposure", "evaluate_rate", "evaluate_transfer"]

_HOUR = 3600.0
_MINUTE = 60.0
_NO_DWELL = Dwell(onset=None, end=0.0)


def evaluate_rate(
    dataset: "xarray.Dataset",
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
    programme: Sequence[Segment],
) -> Evaluation:
    """Judge the rates, the dwells and the cycles of a change with a specified rate (Nb).

    Parameters
    ----------
    dataset
        See `read_record`.
    parameters
        Complete: `low`, `high` [degC], `dwell_time` [h], `rate` [K/min], `cycles`.
    """
    record = read_record(dataset)
    longest = longest_step(parameters, data)
    walked = visits(record)
    expected = [n for n, each in enumerate(programme) if each.cycle]
    dwells = {
        n: _dwell_at(record, walked, n, programme[n], data, longest)
        for n in expected
        if programme[n].kind is SegmentKind.DWELL
    }
    ramps = {
        n: _rates_at(record, walked, n, programme[n], data, longest)
        for n in expected
        if programme[n].kind is SegmentKind.RAMP
    }
    rate = float(parameters["rate"] or 0.0)
    allowed = float(data["tolerance"]["rate"])
    proven = [rates for rates in ramps.values() if rates is not None]
    unproven = len(proven) < len(ramps) or not proven
    conforming = {
        n: dwell.holds(programme[n].duration, (programme[n].tolerance,))
        for n, dwell in dwells.items()
    } | {
        n: rates is not None
        and rates.lowest >= rate * (1.0 - allowed)
        and rates.highest <= rate * (1.0 + allowed)
        for n, rates in ramps.items()
    }
    begun = [(programme[n], dwell) for n, dwell in dwells.items()]
    why = "reason.rate-unproven"
    values = _dwell_values(dwells) | {
        "passed_cycles": Obtained(float(_count_cycles(programme, conforming))),
        "lowest_rate": obtained(None if unproven else min(r.lowest for r in proven), why),
        "highest_rate": obtained(None if unproven else max(r.highest for r in proven), why),
        "overshoot": obtained(_overshoot(record, walked, programme), "reason.no-conditioning"),
        **space_values(record, begun),
    }
    names = {"low": "temperatures", "high": "temperatures", "dwell_time": "durations",
             "rate": "rates", "cycles": "cycles"}  # fmt: skip
    return Evaluation(
        values=values,
        budgets=stated(
            values,
            record,
            begun,
            data,
            period=recording_period(parameters, data),
            over=_shortest_window(programme, data),
        ),
        findings=(
            *dwell_gaps(begun),
            *other_gaps(record, begun, longest),
            *not_preferred(parameters, data["severity"], names),
        ),
        constructions=tuple(bands(begun)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What a record proves of one exposure of test Na.

    Attributes
    ----------
    transfer
        Time [s] within which the monitoring sensor changed over; None for the first exposure,
        infinite where it never did.
    recovery
        Time [s] from there until it came to stay in the band; infinite where it never did.
    lasted
        Time without a gap [s] from the change-over to the last sample.
    dwell
        From the end of the recovery on.
    """

    transfer: float | None
    recovery: float
    lasted: float
    dwell: Dwell


def evaluate_transfer(
    dataset: "xarray.Dataset",
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
    programme: Sequence[Segment],
) -> Evaluation:
    """Judge transfers, recoveries, exposures and cycles of a rapid change (Na).

    Parameters
    ----------
    dataset
        See `read_record`.
    parameters
        Complete: `low`, `high` [degC], `exposure_time` [h], `cycles`.
    """
    record = read_record(dataset)
    longest = longest_step(parameters, data)
    walked = visits(record)
    indices = [n for n, each in enumerate(programme)
               if each.cycle and each.kind is SegmentKind.DWELL]  # fmt: skip
    found = {n: _exposure(record, walked, n, programme, data, longest) for n in indices}
    rules = data["transfer"]
    slowest = float(rules["longest"]) * _MINUTE
    fastest = float(rules["shortest"]) * _MINUTE
    needed = float(parameters["exposure_time"] or 0.0) * _HOUR
    share = float(rules["recovery_share"])
    conforming = {
        n: (each.transfer is None or fastest <= each.transfer <= slowest)
        and each.recovery <= share * needed
        and each.lasted >= needed
        and each.dwell.onset is not None
        and each.dwell.largest[0] <= programme[n].tolerance
        for n, each in found.items()
    }
    begun = [(programme[n], each.dwell) for n, each in found.items()]
    transfers = [each.transfer for each in found.values() if each.transfer is not None]
    deviations = [dwell.largest[0] for _, dwell in begun if dwell.onset is not None]
    values = {
        "passed_cycles": Obtained(float(_count_cycles(programme, conforming))),
        "longest_transfer": _finite(max(transfers, default=np.inf), "reason.transfer-unproven"),
        "shortest_transfer": _finite(min(transfers, default=np.inf), "reason.transfer-unproven"),
        "longest_recovery": _finite(
            max((each.recovery for each in found.values()), default=np.inf),
            "reason.recovery-unproven",
        ),
        "dwell": Obtained(min((e.lasted for e in found.values()), default=0.0) / _HOUR),
        "max_deviation": obtained(max(deviations, default=None), "reason.no-conditioning"),
        "overshoot": obtained(_overshoot(record, walked, programme), "reason.no-conditioning"),
        **space_values(record, begun),
    }
    names = {"low": "temperatures", "high": "temperatures", "exposure_time": "durations",
             "cycles": "cycles"}  # fmt: skip
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


def _shortest_window(programme: Sequence[Segment], data: Mapping[str, Any]) -> float:
    """Tell over how long the rate of the shortest way is averaged [s]."""
    rules = data["rate"]
    share = float(rules["to"]) - float(rules["from"])
    room = float(data["recovery"]["temperature"])
    ways = [each.seconds(room) for each in programme if each.rate is not None and each.cycle]
    return min(float(rules["over"]) * _MINUTE, *(share * way for way in ways))


def _finite(seconds: float, why: str) -> Obtained:
    return obtained(seconds / _MINUTE if np.isfinite(seconds) else None, why)


def _count_cycles(programme: Sequence[Segment], conforming: Mapping[int, bool]) -> int:
    """Count the cycles of which every part conforms."""
    cycles = {each.cycle for each in programme if each.cycle}
    return sum(
        all(good for n, good in conforming.items() if programme[n].cycle == cycle)
        for cycle in cycles
    )


def _dwell_values(dwells: Mapping[int, Dwell]) -> dict[str, Obtained]:
    begun = [dwell for dwell in dwells.values() if dwell.onset is not None]
    deviations = [dwell.largest[0] for dwell in begun]
    shortest = min((dwell.proven for dwell in dwells.values()), default=0.0)
    return {
        "dwell": Obtained(shortest / _HOUR if begun else None, "" if begun else
                          "reason.no-conditioning"),
        "max_deviation": obtained(max(deviations, default=None), "reason.no-conditioning"),
    }  # fmt: skip


def _dwell_at(
    record: ClimateRecord,
    walked: Sequence[Visit],
    index: int,
    segment: Segment,
    data: Mapping[str, Any],
    longest: float,
) -> Dwell:
    """Find the dwell of a segment; what was visited twice was not held in one piece."""
    stays = float(data["dwell"]["stays"]) * _MINUTE
    at = [visit for visit in walked if visit.index == index]
    if len(at) != 1:
        return _NO_DWELL
    return judged_dwell(record.rows(at[0].rows), segment, stays=stays, longest=longest)


def _rates_at(
    record: ClimateRecord,
    walked: Sequence[Visit],
    index: int,
    segment: Segment,
    data: Mapping[str, Any],
    longest: float,
) -> Rates | None:
    """Find the rates of one ramp; the sensor may still be on its way while the next part begins."""
    places = [n for n, visit in enumerate(walked) if visit.index == index]
    if len(places) != 1:
        return None
    at = places[0]
    last = walked[min(at + 1, len(walked) - 1)].last
    part = record.rows(slice(walked[at].first, last + 1))
    start = segment.start
    if start is None:
        finite = part.monitor[np.isfinite(part.monitor)]
        if not len(finite):
            return None
        start = float(finite[0])
    rules = data["rate"]
    return ramp_rates(
        part.time,
        part.monitor,
        start,
        segment.temperature,
        share=(float(rules["from"]), float(rules["to"])),
        over=float(rules["over"]) * _MINUTE,
        longest=longest,
    )


def _overshoot(
    record: ClimateRecord, walked: Sequence[Visit], programme: Sequence[Segment]
) -> float | None:
    """Find by how much the monitoring sensor went past the level of any exposure [K]."""
    levels = {each.temperature for each in programme if each.cycle}
    found = []
    for visit in walked:
        segment = programme[visit.index] if visit.index < len(programme) else None
        if segment is None or segment.kind is not SegmentKind.DWELL or not segment.cycle:
            continue
        start = min(levels) if segment.temperature == max(levels) else max(levels)
        found.append(overshoot(record.rows(visit.rows), start, segment.temperature))
    return max((each for each in found if each is not None), default=None)


def _exposure(
    record: ClimateRecord,
    walked: Sequence[Visit],
    index: int,
    programme: Sequence[Segment],
    data: Mapping[str, Any],
    longest: float,
) -> Exposure:
    """Find what is proven of one exposure, from the moment the specimen is over."""
    nothing = Exposure(transfer=np.inf, recovery=np.inf, lasted=0.0, dwell=_NO_DWELL)
    segment = programme[index]
    places = [n for n, visit in enumerate(walked) if visit.index == index]
    if len(places) != 1:
        return nothing
    at = places[0]
    part = record.rows(walked[at].rows)
    stays = float(data["dwell"]["stays"]) * _MINUTE
    transfer: float | None = None
    left = walked[at - 2] if at > 1 else None
    if index and programme[index - 1].kind is SegmentKind.TRANSFER:
        if left is None or left.index != index - 2:
            return nothing
        part = record.rows(slice(walked[at - 1].first, walked[at].last + 1))
        start = float(programme[index - 2].temperature)
        over = _over_since(part, start, segment.temperature, float(data["transfer"]["over"]))
        if over is None:
            return nothing
        transfer = over - float(record.time[left.last])
        part = part.rows(part.time >= over)
    usable = np.isfinite(part.monitor)
    instants = np.unique(part.time[usable])
    if not len(instants):
        return nothing
    dwell = find_dwell(
        part.time,
        [part.monitor - segment.temperature],
        [segment.tolerance],
        stays=stays,
        longest=longest,
    )
    began = float(instants[0])
    if dwell.onset is None:
        return Exposure(transfer=transfer, recovery=np.inf, lasted=0.0, dwell=dwell)
    # Nothing was transferred before the first exposure: it counts from its own stable beginning.
    recovery = 0.0 if transfer is None else dwell.onset - began
    since = instants[instants >= (dwell.onset if transfer is None else began)]
    steps = np.diff(since)
    lasted = float(np.sum(steps[~gaps(since, longest)]))
    return Exposure(transfer=transfer, recovery=recovery, lasted=lasted, dwell=dwell)


def _over_since(part: ClimateRecord, start: float, target: float, share: float) -> float | None:
    """Tell at which sample the monitoring sensor had first changed over by a share [s]."""
    done = (part.monitor - start) / (target - start)
    over = part.time[np.isfinite(done) & (done >= share)]
    return float(over.min()) if len(over) else None

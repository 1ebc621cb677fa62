"""Damp heat, cyclic, IEC 60068-2-30:2005, test Db: cycles of 12 h + 12 h.

A cycle rises from 25 degC to the upper temperature while water condenses on the specimen, holds
it, falls and holds 25 degC again. Its times, temperatures and humidities are judged on the
monitoring sensors.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from testbed.domain.conformity import Limit
from testbed.evaluation.damp_cycle import evaluate_damp_cycles
from testbed.procedure import (
    Action,
    Choice,
    Evaluation,
    Measurement,
    Monitor,
    Param,
    RunContext,
    method_data,
    phase,
)
from testbed.procedure.climate import Segment, SegmentKind
from testbed.procedure.damp_heat import DampHeatTest

if TYPE_CHECKING:
    import xarray

__all__ = ["DampHeatCyclic"]

_HOUR = 3600.0
_MINUTES = 60.0  # in an hour
_CLAUSE = "IEC 60068-2-30:2005, 7"
_SPACE = "IEC 60068-3-5:2001, 3"
_HUMID = "IEC 60068-3-6:2001, 3"


class DampHeatCyclic(DampHeatTest):
    """Cycles of temperature at high humidity."""

    id = "iec-60068-2-30"
    version = "1"
    standard = "IEC 60068-2-30:2005"

    resumes_at = method_data("testbed.methods", id, version)["interruption"]["resumes_at"]

    temperature = Param("degC", low=30.0, high=80.0, default=55.0)
    cycles = Param("1", low=1.0, high=100.0, default=2.0)
    variant = Choice("variant-1", "variant-2")

    # Before the sensor is in its place it says nothing of the specimen.
    specimen_in_danger = Monitor(
        "degC",
        lambda p: p.monitored(),
        low=lambda p: p.lowest,
        high=lambda p: p.highest,
        action=Action.END,
        every=120.0,
        channel="monitor_temperature",
        phases=("stabilise", "cycle", "recover"),
    )

    passed_cycles = Measurement("1", symbol="n", clause=_CLAUSE, resolution=1.0)
    upper_deviation = Measurement("K", symbol="ΔTupper", clause=_CLAUSE, resolution=0.01)
    lower_deviation = Measurement("K", symbol="ΔTlower", clause=_CLAUSE, resolution=0.01)
    humidity_margin = Measurement("%", symbol="ΔUmin", clause=_CLAUSE, resolution=0.01)
    shortest_rise = Measurement("h", symbol="trise,min", clause=_CLAUSE, resolution=0.01)
    longest_rise = Measurement("h", symbol="trise,max", clause=_CLAUSE, resolution=0.01)
    shortest_half = Measurement("h", symbol="t12,min", clause=_CLAUSE, resolution=0.01)
    longest_half = Measurement("h", symbol="t12,max", clause=_CLAUSE, resolution=0.01)
    shortest_fall = Measurement("h", symbol="tfall,min", clause=_CLAUSE, resolution=0.01)
    longest_fall = Measurement("h", symbol="tfall,max", clause=_CLAUSE, resolution=0.01)
    shortest_cycle = Measurement("h", symbol="t24,min", clause=_CLAUSE, resolution=0.01)
    longest_cycle = Measurement("h", symbol="t24,max", clause=_CLAUSE, resolution=0.01)
    # Variant 2 does not ask for the rate of the first part of the fall.
    shortest_projected_fall = Measurement(
        "h", symbol="tp,min", clause=_CLAUSE, resolution=0.01, required=False
    )
    longest_projected_fall = Measurement(
        "h", symbol="tp,max", clause=_CLAUSE, resolution=0.01, required=False
    )
    dwell = Measurement("h", symbol="tupper", clause=_CLAUSE, resolution=0.01)
    overshoot = Measurement("K", symbol="ΔTo", resolution=0.01, required=False)
    uniformity = Measurement("K", symbol="ΔTu", clause=_SPACE, resolution=0.01, required=False)
    fluctuation = Measurement("K", symbol="ΔTf", clause=_SPACE, resolution=0.01, required=False)
    gradient = Measurement("K", symbol="ΔTg", clause=_SPACE, resolution=0.01, required=False)
    mean_deviation = Measurement("K", symbol="ΔTc", clause=_SPACE, resolution=0.01, required=False)
    humidity_uniformity = Measurement(
        "%", symbol="ΔUu", clause=_HUMID, resolution=0.1, required=False
    )

    @classmethod
    def programme(
        cls, parameters: Mapping[str, float | str | None], data: Mapping[str, Any]
    ) -> tuple[Segment, ...]:
        """Stabilise at the lower temperature, go through the cycles, and recover."""
        lead, recovery = data["lead"], data["recovery"]
        lower, ramp = float(data["cycle"]["lower"]), float(lead["ramp"])
        dry = float(recovery["humidity"])
        return (
            Segment(
                kind=SegmentKind.RAMP, part="approach", temperature=lower, rate=ramp, humidity=dry
            ),
            Segment(
                kind=SegmentKind.DWELL,
                part="stabilise",
                temperature=lower,
                tolerance=float(data["tolerance"]["lower"]),
                duration=float(lead["stabilise_hours"]) * _HOUR,
                humidity=float(lead["lower_humidity"]),
            ),
            *_cycles(parameters, data),
            Segment(
                kind=SegmentKind.DWELL,
                part="recovery",
                temperature=float(recovery["temperature"]),
                tolerance=float(recovery["tolerance"]),
                duration=float(recovery["hours"]) * _HOUR,
                humidity=dry,
            ),
        )

    @phase(limit=24 * _HOUR)
    def mount(self, run: RunContext) -> None:
        """Let the operator place the specimen and the sensors."""
        run.on_exit("chamber", self.chamber.make_safe)
        run.ask(
            "prompt.iec-60068-2-30.mount",
            "option.done",
            temperature=self.temperature,
            cycles=self.cycles,
        )

    @phase(limit=24 * _HOUR)
    def stabilise(self, run: RunContext) -> None:
        """Bring the specimen to the lower temperature, and then the humidity up."""
        self.lead(run, 0)
        self.wait(run, 1)

    @phase(limit=3000 * _HOUR)
    def cycle(self, run: RunContext) -> None:
        """Go through every cycle by the clock."""
        for index, segment in enumerate(self.segments):
            if segment.cycle and segment.kind is SegmentKind.RAMP:
                self.lead(run, index)
            elif segment.cycle:
                self.wait(run, index)

    @phase(limit=24 * _HOUR)
    def recover(self, run: RunContext) -> None:
        """Let the specimen recover in standard atmosphere."""
        last = len(self.segments) - 1
        self.chamber.start(self.segments[last].temperature)
        self.wait(run, last)
        self.chamber.stop()

    @staticmethod
    def evaluate(
        dataset: "xarray.Dataset",
        parameters: Mapping[str, float | str | None],
        data: Mapping[str, Any],
    ) -> Evaluation:
        """Judge the cycles from the record: see `testbed.evaluation.damp_cycle`."""
        return evaluate_damp_cycles(
            dataset, parameters, data, DampHeatCyclic.programme(parameters, data)
        )

    @classmethod
    def limits(
        cls, parameters: Mapping[str, float | str | None], data: Mapping[str, Any]
    ) -> tuple[Limit, ...]:
        """Ask for every cycle, each of its parts in time and inside its bands."""
        times, bands = data["cycle"], data["tolerance"]
        asked = [("rise", "rise"), ("half", "half"), ("fall", "fall"), ("cycle", "whole")]
        if str(parameters["variant"]) in data["fall"]["projected_for"]:
            asked.append(("projected_fall", "projected"))
        cycles = float(int(parameters["cycles"] or 0))
        return (
            Limit(measurand="passed_cycles", low=cycles, source=_CLAUSE),
            Limit(measurand="upper_deviation", high=float(bands["upper"]), source=_CLAUSE),
            Limit(measurand="lower_deviation", high=float(bands["lower"]), source=_CLAUSE),
            Limit(measurand="humidity_margin", low=0.0, source=_CLAUSE),
            *(
                Limit(measurand=f"shortest_{name}", low=float(times[key][0]), source=_CLAUSE)
                for name, key in asked
            ),
            *(
                Limit(measurand=f"longest_{name}", high=float(times[key][1]), source=_CLAUSE)
                for name, key in asked
            ),
        )


def _cycles(
    parameters: Mapping[str, float | str | None], data: Mapping[str, Any]
) -> Iterator[Segment]:
    for number in range(1, int(parameters["cycles"] or 0) + 1):
        yield from _cycle(number, float(parameters["temperature"] or 0.0),
                          str(parameters["variant"]), data)  # fmt: skip


def _cycle(number: int, upper: float, variant: str, data: Mapping[str, Any]) -> Iterator[Segment]:
    lead, lower = data["lead"], float(data["cycle"]["lower"])
    yield _way("rise", number, lower, upper, float(lead["rise_hours"]), lead["rise_humidity"])
    yield _stay("upper", number, upper, data)
    hours, humidity = float(lead["fall_hours"]), lead["fall_humidity"]
    steep = float(data["fall"]["steep_hours"])
    if variant in data["fall"]["projected_for"]:
        between = upper - (upper - lower) * steep / float(lead["steep_over"])
        yield _way("fall", number, upper, between, steep, humidity)
        yield _way("fall", number, between, lower, hours - steep, humidity)
    else:
        yield _way("fall", number, upper, lower, hours, humidity)
    yield _stay("lower", number, lower, data)


def _way(
    part: str, number: int, start: float, end: float, hours: float, humidity: float
) -> Segment:
    return Segment(
        kind=SegmentKind.RAMP,
        part=part,
        start=start,
        temperature=end,
        rate=abs(end - start) / (hours * _MINUTES),
        humidity=float(humidity),
        cycle=number,
    )


def _stay(part: str, number: int, level: float, data: Mapping[str, Any]) -> Segment:
    return Segment(
        kind=SegmentKind.DWELL,
        part=part,
        temperature=level,
        tolerance=float(data["tolerance"][part]),
        duration=float(data["lead"][f"{part}_hours"]) * _HOUR,
        humidity=float(data["lead"][f"{part}_humidity"]),
        cycle=number,
    )

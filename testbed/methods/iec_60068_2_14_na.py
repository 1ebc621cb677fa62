"""Rapid change of temperature with prescribed time of transfer, IEC 60068-2-14:2009, test Na.

The specimen changes over between a cold and a hot zone: a chamber that moves a basket or the air
does so by itself when its set-point changes. That it has happened, and how long it took, is read
from the monitoring sensor in the air beside the specimen.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from instruments.roles import ClimaticChamber
from testbed.domain.conformity import Limit
from testbed.evaluation.changing_climate import evaluate_transfer
from testbed.procedure import (
    Action,
    Channel,
    Evaluation,
    Measurement,
    Monitor,
    Needs,
    Param,
    RunContext,
    method_data,
    phase,
)
from testbed.procedure.climate import CLIMATE_CHANNELS, ClimaticTest, Segment, SegmentKind

if TYPE_CHECKING:
    import xarray

__all__ = ["RapidChange"]

_HOUR = 3600.0
_MINUTE = 60.0
_CLAUSE = "IEC 60068-2-14:2009, 7"
_SPACE = "IEC 60068-3-5:2001, 3"


class RapidChange(ClimaticTest):
    """Cycles between two temperatures, with hardly any time between them."""

    id = "iec-60068-2-14-na"
    version = "1"
    standard = "IEC 60068-2-14:2009"
    channels = tuple(
        Channel(each.name, each.unit, each.standard_name, ("shock_chamber",), each.function)
        if each.roles == ("chamber",)
        else each
        for each in CLIMATE_CHANNELS
    )

    resumes_at = method_data("testbed.methods", id, version)["interruption"]["resumes_at"]

    low = Param("degC", low=-100.0, high=5.0, default=-40.0)
    high = Param("degC", low=15.0, high=315.0, default=85.0)
    exposure_time = Param("h", low=0.05, high=24.0, default=0.5)
    cycles = Param("1", low=1.0, high=1000.0, default=5.0)

    shock_chamber = Needs(ClimaticChamber)  # type: ignore[type-abstract]

    # Before the sensor is in its place it says nothing of the specimen.
    specimen_in_danger = Monitor(
        "degC",
        lambda p: p.monitored(),
        low=lambda p: p.lowest,
        high=lambda p: p.highest,
        action=Action.END,
        every=60.0,
        channel="monitor_temperature",
        phases=("approach", "cycle", "recover"),
    )

    passed_cycles = Measurement("1", symbol="n", clause=_CLAUSE, resolution=1.0)
    dwell = Measurement("h", symbol="t1", clause=_CLAUSE, resolution=0.01)
    shortest_transfer = Measurement("min", symbol="t2min", clause=_CLAUSE, resolution=0.01)
    longest_transfer = Measurement("min", symbol="t2max", clause=_CLAUSE, resolution=0.01)
    longest_recovery = Measurement("min", symbol="tr", clause=_CLAUSE, resolution=0.01)
    max_deviation = Measurement("K", symbol="ΔT", clause=_CLAUSE, resolution=0.01)
    overshoot = Measurement("K", symbol="ΔTo", resolution=0.01, required=False)
    uniformity = Measurement("K", symbol="ΔTu", clause=_SPACE, resolution=0.01, required=False)
    fluctuation = Measurement("K", symbol="ΔTf", clause=_SPACE, resolution=0.01, required=False)
    gradient = Measurement("K", symbol="ΔTg", clause=_SPACE, resolution=0.01, required=False)
    mean_deviation = Measurement("K", symbol="ΔTc", clause=_SPACE, resolution=0.01, required=False)

    @property
    def climate(self) -> ClimaticChamber:
        """The chamber that is led."""
        return self.shock_chamber

    @classmethod
    def programme(
        cls, parameters: Mapping[str, float | str | None], data: Mapping[str, Any]
    ) -> tuple[Segment, ...]:
        """Go to the low temperature, change over and back as often as asked, and recover."""
        low, rate = float(parameters["low"] or 0.0), float(data["approach"]["rate"])
        recovery = data["recovery"]
        return (
            Segment(kind=SegmentKind.RAMP, part="approach", temperature=low, rate=rate),
            *_exposures(parameters, float(data["tolerance"]["temperature"])),
            Segment(
                kind=SegmentKind.RAMP,
                part="return",
                start=float(parameters["high"] or 0.0),
                temperature=float(recovery["temperature"]),
                rate=rate,
            ),
            Segment(
                kind=SegmentKind.DWELL,
                part="recovery",
                temperature=float(recovery["temperature"]),
                tolerance=float(recovery["tolerance"]),
                duration=float(recovery["hours"]) * _HOUR,
            ),
        )

    @phase(limit=24 * _HOUR)
    def mount(self, run: RunContext) -> None:
        """Let the operator place the specimen and the sensors."""
        run.on_exit("chamber", self.shock_chamber.make_safe)
        run.ask("prompt.iec-60068-2-14-na.mount", "option.done", low=self.low, high=self.high)

    @phase(limit=24 * _HOUR)
    def approach(self, run: RunContext) -> None:
        """Lead the chamber to the low temperature, with the specimen in it."""
        self.lead(run, 0)

    @phase(limit=50_000 * _HOUR)
    def cycle(self, run: RunContext) -> None:
        """Expose and change over until every cycle is done."""
        longer = float(self.data["dwell"]["beyond"]) * _MINUTE
        for index, segment in enumerate(self.segments):
            if segment.kind is SegmentKind.TRANSFER:
                self._change_over(run, index)
            elif segment.cycle and index == 1:
                self.hold(run, index)
            elif segment.cycle:
                self.wait(run, index, longer)

    @phase(limit=24 * _HOUR)
    def recover(self, run: RunContext) -> None:
        """Lead the chamber back and let the specimen recover in standard atmosphere."""
        last = len(self.segments) - 1
        self.lead(run, last - 1)
        self.wait(run, last)
        self.shock_chamber.stop()

    def _change_over(self, run: RunContext, index: int) -> None:
        """Change zones, and wait until the monitoring sensor says that it has happened.

        A change that never comes is given up, so that the specimen is not left between the two:
        the evaluation fails it.
        """
        segment, rules = self.segments[index], self.data["transfer"]
        start, target = segment.start or 0.0, segment.temperature
        self.shock_chamber.start(target)
        for _ in run.every(self.period, during=float(rules["give_up"]) * _MINUTE):
            found = self.sample(run, target, index)
            if (found.temperature - start) / (target - start) >= float(rules["over"]):
                return

    @staticmethod
    def evaluate(
        dataset: "xarray.Dataset",
        parameters: Mapping[str, float | str | None],
        data: Mapping[str, Any],
    ) -> Evaluation:
        """Judge transfers, recoveries and cycles: see `testbed.evaluation.changing_climate`."""
        return evaluate_transfer(dataset, parameters, data, RapidChange.programme(parameters, data))

    @classmethod
    def limits(
        cls, parameters: Mapping[str, float | str | None], data: Mapping[str, Any]
    ) -> tuple[Limit, ...]:
        """Ask for every cycle, quick transfers, and air that is soon back in its band."""
        rules = data["transfer"]
        exposure = float(parameters["exposure_time"] or 0.0)
        recovery = float(rules["recovery_share"]) * exposure * _HOUR / _MINUTE
        cycles = float(int(parameters["cycles"] or 0))
        band = float(data["tolerance"]["temperature"])
        return (
            Limit(measurand="passed_cycles", low=cycles, source=_CLAUSE),
            Limit(measurand="dwell", low=exposure, source=_CLAUSE),
            Limit(measurand="shortest_transfer", low=float(rules["shortest"]), source=_CLAUSE),
            Limit(measurand="longest_transfer", high=float(rules["longest"]), source=_CLAUSE),
            Limit(measurand="longest_recovery", high=recovery, source=_CLAUSE),
            Limit(measurand="max_deviation", high=band, source=_CLAUSE),
        )


def _exposures(parameters: Mapping[str, float | str | None], tolerance: float) -> Iterator[Segment]:
    levels = (float(parameters["low"] or 0.0), float(parameters["high"] or 0.0))
    seconds = float(parameters["exposure_time"] or 0.0) * _HOUR
    for cycle in range(1, int(parameters["cycles"] or 0) + 1):
        for place, level in enumerate(levels):
            if cycle > 1 or place:
                yield Segment(
                    kind=SegmentKind.TRANSFER,
                    part="transfer",
                    start=levels[1 - place],
                    temperature=level,
                    cycle=cycle,
                )
            yield Segment(
                kind=SegmentKind.DWELL,
                part="exposure",
                temperature=level,
                tolerance=tolerance,
                duration=seconds,
                cycle=cycle,
            )

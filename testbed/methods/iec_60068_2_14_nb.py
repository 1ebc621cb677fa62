"""Change of temperature with a specified rate, IEC 60068-2-14:2009, test Nb."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from instruments.roles import ClimaticChamber
from testbed.domain.conformity import Limit
from testbed.evaluation.changing_climate import evaluate_rate
from testbed.procedure import (
    Action,
    Evaluation,
    Measurement,
    Monitor,
    Needs,
    Param,
    RunContext,
    method_data,
    phase,
)
from testbed.procedure.climate import ClimaticTest, Segment, SegmentKind

if TYPE_CHECKING:
    import xarray

__all__ = ["ChangeAtRate"]

_HOUR = 3600.0
_CLAUSE = "IEC 60068-2-14:2009, 8"
_SPACE = "IEC 60068-3-5:2001, 3"


class ChangeAtRate(ClimaticTest):
    """Cycles between two temperatures, the way between them at one rate."""

    id = "iec-60068-2-14-nb"
    version = "1"
    standard = "IEC 60068-2-14:2009"

    resumes_at = method_data("testbed.methods", id, version)["interruption"]["resumes_at"]

    low = Param("degC", low=-100.0, high=5.0, default=-40.0)
    high = Param("degC", low=15.0, high=315.0, default=85.0)
    dwell_time = Param("h", low=0.1, high=24.0, default=3.0)
    rate = Param("K/min", low=0.1, high=30.0, default=1.0)
    cycles = Param("1", low=1.0, high=1000.0, default=2.0)

    chamber = Needs(ClimaticChamber)  # type: ignore[type-abstract]

    # Before the sensor is in its place it says nothing of the specimen.
    specimen_in_danger = Monitor(
        "degC",
        lambda p: p.monitored(),
        low=lambda p: p.lowest,
        high=lambda p: p.highest,
        action=Action.END,
        every=60.0,
        channel="monitor_temperature",
        phases=("cycle", "recover"),
    )

    passed_cycles = Measurement("1", symbol="n", clause=_CLAUSE, resolution=1.0)
    dwell = Measurement("h", symbol="t1", clause=_CLAUSE, resolution=0.01)
    max_deviation = Measurement("K", symbol="ΔT", clause=_CLAUSE, resolution=0.01)
    lowest_rate = Measurement("K/min", symbol="vmin", clause=_CLAUSE, resolution=0.01)
    highest_rate = Measurement("K/min", symbol="vmax", clause=_CLAUSE, resolution=0.01)
    overshoot = Measurement("K", symbol="ΔTo", resolution=0.01, required=False)
    uniformity = Measurement("K", symbol="ΔTu", clause=_SPACE, resolution=0.01, required=False)
    fluctuation = Measurement("K", symbol="ΔTf", clause=_SPACE, resolution=0.01, required=False)
    gradient = Measurement("K", symbol="ΔTg", clause=_SPACE, resolution=0.01, required=False)
    mean_deviation = Measurement("K", symbol="ΔTc", clause=_SPACE, resolution=0.01, required=False)

    @property
    def climate(self) -> ClimaticChamber:
        """The chamber that is led."""
        return self.chamber

    @classmethod
    def programme(
        cls, parameters: Mapping[str, float | str | None], data: Mapping[str, Any]
    ) -> tuple[Segment, ...]:
        """Go to the low temperature, the high one, and so on; go back and recover."""
        recovery = data["recovery"]
        high = float(parameters["high"] or 0.0)
        return (
            *_cycles(parameters, float(data["tolerance"]["temperature"])),
            Segment(
                kind=SegmentKind.RAMP,
                part="return",
                start=high,
                temperature=float(recovery["temperature"]),
                rate=float(parameters["rate"] or 0.0),
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
        run.on_exit("chamber", self.chamber.make_safe)
        run.ask("prompt.iec-60068-2-14-nb.mount", "option.done", low=self.low, high=self.high)

    @phase(limit=5000 * _HOUR)
    def cycle(self, run: RunContext) -> None:
        """Lead the chamber through every cycle; a dwell ends once the record proves it."""
        for index, segment in enumerate(self.segments):
            if segment.cycle and segment.kind is SegmentKind.RAMP:
                self.lead(run, index)
            elif segment.cycle:
                self.hold(run, index)

    @phase(limit=72 * _HOUR)
    def recover(self, run: RunContext) -> None:
        """Lead the chamber back and let the specimen recover in standard atmosphere."""
        last = len(self.segments) - 1
        self.lead(run, last - 1)
        self.wait(run, last)
        self.chamber.stop()

    @staticmethod
    def evaluate(
        dataset: "xarray.Dataset",
        parameters: Mapping[str, float | str | None],
        data: Mapping[str, Any],
    ) -> Evaluation:
        """Judge rates, dwells and cycles: see `testbed.evaluation.changing_climate`."""
        return evaluate_rate(dataset, parameters, data, ChangeAtRate.programme(parameters, data))

    @classmethod
    def limits(
        cls, parameters: Mapping[str, float | str | None], data: Mapping[str, Any]
    ) -> tuple[Limit, ...]:
        """Ask for every cycle, its dwells inside the tolerance, and the rate on every way."""
        rules = data["tolerance"]
        rate, share = float(parameters["rate"] or 0.0), float(rules["rate"])
        dwell, cycles = float(parameters["dwell_time"] or 0.0), float(parameters["cycles"] or 0.0)
        return (
            Limit(measurand="passed_cycles", low=float(int(cycles)), source=_CLAUSE),
            Limit(measurand="dwell", low=dwell, source=_CLAUSE),
            Limit(measurand="max_deviation", high=float(rules["temperature"]), source=_CLAUSE),
            Limit(measurand="lowest_rate", low=rate * (1.0 - share), source=_CLAUSE),
            Limit(measurand="highest_rate", high=rate * (1.0 + share), source=_CLAUSE),
        )


def _cycles(parameters: Mapping[str, float | str | None], tolerance: float) -> Iterator[Segment]:
    low, high = float(parameters["low"] or 0.0), float(parameters["high"] or 0.0)
    rate, hours = float(parameters["rate"] or 0.0), float(parameters["dwell_time"] or 0.0)
    for cycle in range(1, int(parameters["cycles"] or 0) + 1):
        for before, level in ((high if cycle > 1 else None, low), (low, high)):
            yield Segment(
                kind=SegmentKind.RAMP,
                part="change",
                start=before,
                temperature=level,
                rate=rate,
                cycle=cycle,
            )
            yield Segment(
                kind=SegmentKind.DWELL,
                part="exposure",
                temperature=level,
                tolerance=tolerance,
                duration=hours * _HOUR,
                cycle=cycle,
            )

"""Cold, IEC 60068-2-1:2007, tests Ab and Ad: gradual change of temperature.

The chamber is led to the severity no faster than the standard allows; conditioning counts from
the moment the monitoring sensor has come to stay in the band, and only as far as the record
proves it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from instruments.roles import ClimaticChamber
from testbed.domain.conformity import Limit
from testbed.evaluation.constant_climate import evaluate_constant
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

__all__ = ["Cold"]

_HOUR = 3600.0
_CLAUSE = "IEC 60068-2-1:2007, 5"
_SPACE = "IEC 60068-3-5:2001, 3"


class Cold(ClimaticTest):
    """Dwell of a specimen at a low temperature."""

    id = "iec-60068-2-1"
    version = "1"
    standard = "IEC 60068-2-1:2007"

    resumes_at = method_data("testbed.methods", id, version)["interruption"]["resumes_at"]

    temperature = Param("degC", low=-100.0, high=5.0, default=-40.0)
    duration = Param("h", low=0.1, high=1000.0, default=16.0)
    ramp = Param("K/min", low=0.05, high=1.0, default=0.8)

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
        phases=("approach", "condition", "recover"),
    )

    dwell = Measurement("h", symbol="t", clause=_CLAUSE, resolution=0.01)
    max_deviation = Measurement("K", symbol="ΔT", clause=_CLAUSE, resolution=0.01)
    max_ramp = Measurement("K/min", symbol="dT/dt", clause=_CLAUSE, resolution=0.01)
    mean_temperature = Measurement("degC", symbol="Tm", resolution=0.01)
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
        """Go to the severity, condition, go back and recover."""
        severity, rate = float(parameters["temperature"] or 0.0), float(parameters["ramp"] or 0.0)
        recovery = data["recovery"]
        room = float(recovery["temperature"])
        return (
            Segment(kind=SegmentKind.RAMP, part="approach", temperature=severity, rate=rate),
            Segment(
                kind=SegmentKind.DWELL,
                part="condition",
                temperature=severity,
                tolerance=float(data["tolerance"]["temperature"]),
                duration=float(parameters["duration"] or 0.0) * _HOUR,
            ),
            Segment(
                kind=SegmentKind.RAMP, part="return", start=severity, temperature=room, rate=rate
            ),
            Segment(
                kind=SegmentKind.DWELL,
                part="recovery",
                temperature=room,
                tolerance=float(recovery["tolerance"]),
                duration=float(recovery["hours"]) * _HOUR,
            ),
        )

    @phase(limit=24 * _HOUR)
    def mount(self, run: RunContext) -> None:
        """Let the operator place the specimen and the sensors."""
        run.on_exit("chamber", self.chamber.make_safe)
        run.ask("prompt.iec-60068-2-1.mount", "option.done", temperature=self.temperature)

    @phase(limit=72 * _HOUR)
    def approach(self, run: RunContext) -> None:
        """Lead the set-point to the severity, no faster than the ramp."""
        self.lead(run, 0)

    @phase(limit=1200 * _HOUR)
    def condition(self, run: RunContext) -> None:
        """Hold until the record proves the whole duration; gaps do not count."""
        self.hold(run, 1)

    @phase(limit=72 * _HOUR)
    def recover(self, run: RunContext) -> None:
        """Lead the chamber back and let the specimen recover in standard atmosphere."""
        self.lead(run, 2)
        self.wait(run, 3)
        self.chamber.stop()

    @staticmethod
    def evaluate(
        dataset: "xarray.Dataset",
        parameters: Mapping[str, float | str | None],
        data: Mapping[str, Any],
    ) -> Evaluation:
        """Judge dwell and ramps from the record: see `testbed.evaluation.constant_climate`."""
        return evaluate_constant(dataset, parameters, data, Cold.programme(parameters, data))

    @classmethod
    def limits(
        cls, parameters: Mapping[str, float | str | None], data: Mapping[str, Any]
    ) -> tuple[Limit, ...]:
        """Ask for the whole duration, inside the tolerance, reached gently."""
        rules = data["tolerance"]
        return (
            Limit(measurand="dwell", low=float(parameters["duration"] or 0.0), source=_CLAUSE),
            Limit(measurand="max_deviation", high=float(rules["temperature"]), source=_CLAUSE),
            Limit(measurand="max_ramp", high=float(rules["ramp"]), source=_CLAUSE),
        )

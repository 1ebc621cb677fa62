"""Damp heat, steady state, IEC 60068-2-78:2012, test Cab.

Temperature first, then humidity, so that nothing condenses on the specimen; conditioning counts
from the moment both monitoring sensors have come to stay in their bands, and only as far as the
record proves it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from testbed.domain.conformity import Limit
from testbed.evaluation.constant_climate import evaluate_constant
from testbed.procedure import (
    Action,
    Evaluation,
    Guide,
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

__all__ = ["DampHeatSteady"]

_HOUR = 3600.0
_CLAUSE = "IEC 60068-2-78:2012, 5"
_SPACE = "IEC 60068-3-5:2001, 3"
_HUMID = "IEC 60068-3-6:2001, 3"


class DampHeatSteady(DampHeatTest):
    """Dwell of a specimen at a constant temperature and a high humidity."""

    id = "iec-60068-2-78"
    version = "1"
    standard = "IEC 60068-2-78:2012"

    resumes_at = method_data("testbed.methods", id, version)["interruption"]["resumes_at"]

    temperature = Param("degC", low=5.0, high=95.0, default=40.0)
    humidity = Param("%", low=20.0, high=97.0, default=93.0)
    duration = Param("h", low=0.1, high=2000.0, default=12.0)
    ramp = Param("K/min", low=0.05, high=1.0, default=0.5)

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
    max_humidity_deviation = Measurement("%", symbol="ΔU", clause=_CLAUSE, resolution=0.01)
    max_ramp = Measurement("K/min", symbol="dT/dt", clause=_CLAUSE, resolution=0.01)
    mean_temperature = Measurement("degC", symbol="Tm", resolution=0.01)
    mean_humidity = Measurement("%", symbol="Um", resolution=0.01)
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
        """Go to the temperature, condition with humidity, dry, go back and recover."""
        severity, rate = float(parameters["temperature"] or 0.0), float(parameters["ramp"] or 0.0)
        recovery = data["recovery"]
        room, dry = float(recovery["temperature"]), float(recovery["humidity"])
        return (
            Segment(kind=SegmentKind.RAMP, part="approach", temperature=severity, rate=rate),
            Segment(
                kind=SegmentKind.DWELL,
                part="condition",
                temperature=severity,
                tolerance=float(data["tolerance"]["temperature"]),
                duration=float(parameters["duration"] or 0.0) * _HOUR,
                humidity=float(parameters["humidity"] or 0.0),
                humidity_tolerance=float(data["tolerance"]["humidity"]),
            ),
            Segment(
                kind=SegmentKind.RAMP,
                part="return",
                start=severity,
                temperature=room,
                rate=rate,
                humidity=dry,
            ),
            Segment(
                kind=SegmentKind.DWELL,
                part="recovery",
                temperature=room,
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
            "prompt.iec-60068-2-78.mount",
            "option.done",
            temperature=self.temperature,
            humidity=self.humidity,
        )

    @phase(limit=24 * _HOUR)
    def approach(self, run: RunContext) -> None:
        """Lead the set-point to the temperature, no faster than the ramp, without humidity."""
        self.lead(run, 0)

    @phase(limit=2100 * _HOUR)
    def condition(self, run: RunContext) -> None:
        """Hold until the record proves the whole duration; gaps do not count."""
        self.hold(run, 1)

    @phase(limit=24 * _HOUR)
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
        return evaluate_constant(
            dataset, parameters, data, DampHeatSteady.programme(parameters, data)
        )

    @classmethod
    def limits(
        cls, parameters: Mapping[str, float | str | None], data: Mapping[str, Any]
    ) -> tuple[Limit, ...]:
        """Ask for the whole duration, inside both tolerances, reached gently."""
        rules = data["tolerance"]
        humid = float(rules["humidity"])
        return (
            Limit(measurand="dwell", low=float(parameters["duration"] or 0.0), source=_CLAUSE),
            Limit(measurand="max_deviation", high=float(rules["temperature"]), source=_CLAUSE),
            Limit(measurand="max_humidity_deviation", high=humid, source=_CLAUSE),
            Limit(measurand="max_ramp", high=float(rules["ramp"]), source=_CLAUSE),
        )

    @classmethod
    def guides(cls, parameters: Mapping[str, float | str | None]) -> tuple[Guide, ...]:
        """Show the bands of tolerance of temperature and humidity."""
        level = float(parameters["humidity"] or 0.0)
        rules = method_data("testbed.methods", cls.id, cls.version)["tolerance"]
        band = float(rules["humidity"])
        return (
            *super().guides(parameters),
            Guide("humidity", level + band, "tolerance-high"),
            Guide("humidity", level - band, "tolerance-low"),
        )

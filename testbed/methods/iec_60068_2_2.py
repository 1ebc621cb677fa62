"""Dry heat, IEC 60068-2-2:2007, test Bb: non heat-dissipating specimens, gradual change.

The chamber is led to the severity no faster than the standard allows; conditioning counts from
the moment the specimen's own sensor is stable, and only as far as the record proves it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from instruments.roles import ClimaticChamber, Multimeter, Thermometer
from testbed.domain.conformity import Limit
from testbed.evaluation.dwell import evaluate_dwell, sampling_period, time_inside
from testbed.procedure import (
    Action,
    Channel,
    Evaluation,
    Guide,
    Measurement,
    Monitor,
    Needs,
    OptionalNeeds,
    Param,
    Plot,
    Procedure,
    RunContext,
    method_data,
    phase,
)

if TYPE_CHECKING:
    import xarray

__all__ = ["DryHeat"]

_HOUR = 3600.0
_MINUTE = 60.0


class DryHeat(Procedure):
    """Dwell of a specimen at a raised temperature."""

    id = "iec-60068-2-2"
    version = "2"
    standard = "IEC 60068-2-2:2007"
    channels = (
        # From the sensor's voltage and its sensitivity.
        Channel("specimen_temperature", "degC"),
        Channel("air_temperature", "degC", "air_temperature", roles=("chamber",)),
        Channel("set_point", "degC", roles=("chamber",), function="set-point"),
        Channel("sensor_voltage", "V", roles=("meter",)),
    )
    plots = (Plot("time", "specimen_temperature"), Plot("time", "air_temperature"))

    resumes_at = "heat"

    temperature = Param("degC", low=30.0, high=315.0, default=55.0)
    duration = Param("h", low=0.1, high=1000.0, default=16.0)
    ramp = Param("K/min", low=0.05, high=1.0, default=0.8)
    sensitivity = Param("V/degC", low=1e-6, high=10.0, default=0.01)

    chamber = Needs(ClimaticChamber)  # type: ignore[type-abstract]
    meter = Needs(Multimeter)  # type: ignore[type-abstract]
    room = OptionalNeeds(Thermometer)  # type: ignore[type-abstract]

    # Before the sensor is in its place it says nothing of the specimen.
    specimen_too_hot = Monitor(
        "degC",
        lambda p: p.meter.dc_voltage().value / p.sensitivity,
        high=lambda p: p.highest,
        action=Action.END,
        every=60.0,
        channel="specimen_temperature",
        phases=("heat", "stabilise", "condition", "recover"),
    )
    # Recovery takes place in the standard atmosphere: IEC 60068-1:2013, 4.3.
    room_climate = Monitor(
        "degC",
        lambda p: p.room.temperature(),
        low=15.0,
        high=35.0,
        action=Action.SUSPEND,
        every=60.0,
        settle=600.0,
        phases=("recover",),
        role="room",
    )

    dwell = Measurement("h", symbol="t", clause="IEC 60068-2-2:2007, 5", resolution=0.01)
    max_deviation = Measurement("K", symbol="ΔT", clause="IEC 60068-2-2:2007, 5", resolution=0.01)
    max_ramp = Measurement("K/min", symbol="dT/dt", clause="IEC 60068-2-2:2007, 5", resolution=0.01)
    mean_temperature = Measurement("degC", symbol="Tm", resolution=0.01)

    @phase(limit=24 * _HOUR)
    def mount(self, run: RunContext) -> None:
        """Let the operator place the specimen and its sensor."""
        run.on_exit("chamber", self.chamber.make_safe)
        run.ask("prompt.iec-60068-2-2.mount", "option.done", temperature=self.temperature)

    @phase(limit=48 * _HOUR)
    def heat(self, run: RunContext) -> None:
        """Lead the set-point to the severity, no faster than the ramp."""
        self._lead(run, self.temperature, share=(0.0, 0.1))

    @phase(limit=48 * _HOUR)
    def stabilise(self, run: RunContext) -> None:
        """Wait until the specimen's sensor has stayed in the band long enough."""
        rules = self._data["stability"]
        began = entered = run.elapsed()
        for _ in run.every(self._period):
            now = run.elapsed()
            specimen = self._sample(run, self.temperature)
            if abs(specimen - self.temperature) > rules["band"]:
                entered = now
            if now - entered >= rules["minutes"] * _MINUTE:
                return
            if now - began > rules["within"] * _HOUR:
                raise TimeoutError(f"specimen at {specimen:g} degC, not stable")

    @phase(limit=1200 * _HOUR)
    def condition(self, run: RunContext) -> None:
        """Hold until the record proves the whole duration; gaps do not count."""
        needed, proven, last = self.duration * _HOUR, self._proven(run), None
        period = sampling_period(self.parameters, self._data)
        longest_step = self._data["sampling"]["gap"] * period
        for _ in run.every(period):
            now = run.elapsed()
            self._sample(run, self.temperature)
            if last is not None and now - last <= longest_step:
                proven += now - last
            last = now
            run.progress(0.1 + 0.8 * min(proven / needed, 1.0), remaining=needed - proven)
            # One period more than needed, so that rounding of times cannot leave it short.
            if proven >= needed + period:
                return

    def _proven(self, run: RunContext) -> float:
        """Add up the conditioning that interrupted segments have proven [s]."""
        if run.earlier is None:
            return 0.0
        at = [each.name for each in self.declared_phases()].index("condition")
        held = run.earlier.isel(time=run.earlier["phase"].to_numpy() == at)
        deviation = held["specimen_temperature"].to_numpy() - self.temperature
        longest = self._data["sampling"]["gap"] * sampling_period(self.parameters, self._data)
        tolerance = float(self._data["tolerance"]["temperature"])
        return time_inside(held["time"].to_numpy(), deviation, tolerance, longest)

    @phase(limit=48 * _HOUR)
    def recover(self, run: RunContext) -> None:
        """Lead the chamber back and let the specimen recover in standard atmosphere."""
        rules = self._data["recovery"]
        self._lead(run, rules["temperature"], share=(0.9, 0.95))
        for _ in run.every(self._period, during=rules["hours"] * _HOUR):
            self._sample(run, rules["temperature"])
        self.chamber.stop()

    @staticmethod
    def evaluate(
        dataset: "xarray.Dataset",
        parameters: Mapping[str, float | str | None],
        data: Mapping[str, Any],
    ) -> Evaluation:
        """Judge dwell and ramps from the record: see `testbed.evaluation.dwell`."""
        phases = [p.name for p in DryHeat.declared_phases()]
        return evaluate_dwell(dataset, parameters, data, phases)

    @classmethod
    def limits(
        cls, parameters: Mapping[str, float | str | None], data: Mapping[str, Any]
    ) -> tuple[Limit, ...]:
        """Ask for the whole duration, inside the tolerance, reached gently."""
        source = f"{cls.standard}, 5"
        rules = data["tolerance"]
        return (
            Limit(measurand="dwell", low=float(parameters["duration"] or 0.0), source=source),
            Limit(measurand="max_deviation", high=float(rules["temperature"]), source=source),
            Limit(measurand="max_ramp", high=float(rules["ramp"]), source=source),
        )

    @classmethod
    def guides(cls, parameters: Mapping[str, float | str | None]) -> tuple[Guide, ...]:
        """Show the band of tolerance around the severity."""
        severity = float(parameters["temperature"] or 0.0)
        rules = method_data("testbed.methods", cls.id, cls.version)["tolerance"]
        band = float(rules["temperature"])
        return tuple(
            Guide(channel, severity + shift, code)
            for channel in ("specimen_temperature", "air_temperature")
            for code, shift in (("tolerance-high", band), ("tolerance-low", -band))
        )

    def forecast(self) -> float:
        """Add up both ramps, stabilising, conditioning and recovery [s]."""
        rise = abs(self.temperature - self._data["recovery"]["temperature"])
        ramps = 2 * rise / self.ramp * _MINUTE
        settle = 3 * self._data["stability"]["minutes"] * _MINUTE
        hold = (self.duration + float(self._data["recovery"]["hours"])) * _HOUR
        return float(ramps + settle + hold)

    @property
    def highest(self) -> float:
        """Temperature [degC] at which the specimen is in danger."""
        return self.temperature + float(self._data["monitor"]["over"])

    @property
    def _data(self) -> Mapping[str, Any]:
        return method_data("testbed.methods", self.id, self.version)

    @property
    def _period(self) -> float:
        return float(self._data["sampling"]["period"])

    def _lead(self, run: RunContext, target: float, *, share: tuple[float, float]) -> None:
        """Move the set-point to `target` [degC] along the ramp, one step a sample."""
        start = self.chamber.temperature().value
        whole = max(abs(target - start), 1e-9)
        moved, last = 0.0, run.elapsed()
        for _ in run.every(self._period):
            now = run.elapsed()
            # A pause must not be made up for by a jump of the set-point.
            moved = min(moved + self.ramp * min(now - last, self._period) / _MINUTE, whole)
            last = now
            # Chambers take tenths of a degree.
            point = (
                target
                if moved >= whole
                else round(start + (moved if target > start else -moved), 1)
            )
            self.chamber.start(point)
            self._sample(run, point)
            run.progress(share[0] + (share[1] - share[0]) * moved / whole)
            if moved >= whole:
                return

    def _sample(self, run: RunContext, set_point: float) -> float:
        sensed = self.meter.dc_voltage()
        # Of the sensor's own uncertainty nothing is known here, so that this is a plain number.
        specimen = sensed.value / self.sensitivity
        run.record(
            specimen_temperature=specimen,
            air_temperature=self.chamber.temperature(),
            set_point=set_point,
            sensor_voltage=sensed,
        )
        return specimen

"""Sine vibration, IEC 60068-2-6:2007, test Fc: endurance by sweeping, with resonance searches.

The controller holds one frequency at a time, so that the sweep goes in steps, fine against the
width of a resonance; each step lasts its share of the time of the sweep.
"""

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from instruments.roles import VibrationController
from testbed.domain.conformity import Limit
from testbed.evaluation.integration import Floats
from testbed.evaluation.profile import crossover
from testbed.evaluation.sine_vibration import demanded, evaluate_sine
from testbed.procedure import (
    Channel,
    Evaluation,
    Measurement,
    Needs,
    Param,
    Plot,
    Procedure,
    RunContext,
    method_data,
    phase,
)

if TYPE_CHECKING:
    import xarray

__all__ = ["SineVibration"]

Parameters = Mapping[str, float | str | None]
_MINUTE = 60.0
_HOUR = 3600.0
_SEARCH = "IEC 60068-2-6:2007, 8.2"


class SineVibration(Procedure):
    """Endurance of a specimen under a swept sine."""

    id = "iec-60068-2-6"
    version = "1"
    standard = "IEC 60068-2-6:2007"
    channels = (
        Channel("frequency", "Hz", roles=("shaker",), function="frequency"),
        Channel("control_level", "m/s2", roles=("shaker",), function="acceleration"),
        Channel("response_level", "m/s2", roles=("shaker",), function="acceleration"),
        Channel("amplification", "1"),
        Channel("phase_angle", "deg", roles=("shaker",), function="phase"),
    )
    plots = (
        Plot("frequency", "amplification"),
        Plot("frequency", "control_level"),
        Plot("frequency", "phase_angle"),
    )

    low = Param("Hz", low=5.0, high=2000.0, default=10.0)
    high = Param("Hz", low=6.0, high=3000.0, default=500.0)
    # Peak values: below the crossover the displacement is held, above it the acceleration.
    acceleration = Param("m/s2", low=0.1, high=980.0, default=20.0)
    displacement = Param("mm", low=0.001, high=12.5, default=0.15)
    search_acceleration = Param("m/s2", low=0.1, high=980.0, default=5.0)
    cycles = Param("1", low=1.0, high=1000.0, default=10.0)
    allowed_shift = Param("%", low=0.1, high=100.0, default=5.0)
    allowed_q_change = Param("%", low=1.0, high=1000.0, default=30.0)

    shaker = Needs(VibrationController)  # type: ignore[type-abstract]

    cycles_done = Measurement("1", symbol="n", clause="IEC 60068-2-6:2007, 5.3", resolution=0.01)
    lowest_rate = Measurement(
        "1/min", symbol="r-", clause="IEC 60068-2-6:2007, 4.3", resolution=0.01
    )
    highest_rate = Measurement(
        "1/min", symbol="r+", clause="IEC 60068-2-6:2007, 4.3", resolution=0.01
    )
    level_error = Measurement("%", symbol="δa", clause="IEC 60068-2-6:2007, 4.1.4", resolution=0.1)
    frequency_before = Measurement(
        "Hz", symbol="f0", clause=_SEARCH, resolution=0.1, required=False
    )
    q_before = Measurement("1", symbol="Q0", clause=_SEARCH, resolution=0.1, required=False)
    q_phase_before = Measurement("1", symbol="Qφ0", resolution=0.1, required=False)
    frequency_after = Measurement("Hz", symbol="f1", clause=_SEARCH, resolution=0.1, required=False)
    q_after = Measurement("1", symbol="Q1", clause=_SEARCH, resolution=0.1, required=False)
    q_phase_after = Measurement("1", symbol="Qφ1", resolution=0.1, required=False)
    frequency_change = Measurement("%", symbol="Δf/f", clause=_SEARCH, resolution=0.01)
    q_change = Measurement("%", symbol="ΔQ/Q", clause=_SEARCH, resolution=0.1)

    @phase(limit=24 * _HOUR)
    def mount(self, run: RunContext) -> None:
        """Let the operator fix the specimen and its accelerometers."""
        if not self.low < self.high:
            raise ValueError(f"from {self.low:g} Hz to {self.high:g} Hz; accepted: upwards")
        run.on_exit("shaker", self.shaker.make_safe)
        run.ask(
            "prompt.iec-60068-2-6.mount",
            "option.done",
            acceleration=self.acceleration,
            crossover=crossover(self.acceleration, 1e-3 * self.displacement),
        )

    @phase(limit=_HOUR)
    def search(self, run: RunContext) -> None:
        """Sweep once over the range, for the resonances before the endurance."""
        self._sweep(run, self._upwards(), searching=True, share=(0.0, 0.1))

    @phase(limit=2000 * _HOUR)
    def endure(self, run: RunContext) -> None:
        """Sweep up and down as often as asked."""
        up = self._upwards()
        count = round(self.cycles)
        for number in range(count):
            share = (0.1 + 0.8 * number / count, 0.1 + 0.8 * (number + 1) / count)
            # The ends are turning points, not held twice.
            points = np.concatenate((up if number == 0 else up[1:], up[-2::-1]))
            self._sweep(run, points, searching=False, share=share)

    @phase(limit=_HOUR)
    def search_again(self, run: RunContext) -> None:
        """Sweep once more over the range, for what has become of the resonances."""
        self._sweep(run, self._upwards(), searching=True, share=(0.9, 1.0))

    @staticmethod
    def evaluate(
        dataset: "xarray.Dataset", parameters: Parameters, data: Mapping[str, Any]
    ) -> Evaluation:
        """Judge sweeps and resonances: see `testbed.evaluation.sine_vibration`."""
        phases = [each.name for each in SineVibration.declared_phases()]
        return evaluate_sine(dataset, parameters, data, phases)

    @classmethod
    def limits(cls, parameters: Parameters, data: Mapping[str, Any]) -> tuple[Limit, ...]:
        """Ask for all cycles at rate and level, and resonances that stayed what they were."""
        rate, width = (float(data["sweep"][name]) for name in ("rate", "tolerance"))
        level = float(data["tolerance"]["level"])
        shift, change = (
            float(parameters[name] or 0.0) for name in ("allowed_shift", "allowed_q_change")
        )
        swept, asked = f"{cls.standard}, 4.3", "order"
        return (
            Limit(
                measurand="cycles_done",
                low=float(round(float(parameters["cycles"] or 0.0))),
                source=f"{cls.standard}, 5.3",
            ),
            Limit(measurand="lowest_rate", low=rate * (1.0 - 0.01 * width), source=swept),
            Limit(measurand="highest_rate", high=rate * (1.0 + 0.01 * width), source=swept),
            Limit(measurand="level_error", low=-level, high=level, source=f"{cls.standard}, 4.1.4"),
            Limit(measurand="frequency_change", low=-shift, high=shift, source=asked),
            Limit(measurand="q_change", low=-change, high=change, source=asked),
        )

    def forecast(self) -> float:
        """Add up two searches and all cycles [s]."""
        octaves = math.log2(self.high / self.low)
        return float(2.0 * (1 + round(self.cycles)) * octaves / self._data["sweep"]["rate"] * 60.0)

    @property
    def _data(self) -> Mapping[str, Any]:
        return method_data("testbed.methods", self.id, self.version)

    def _upwards(self) -> Floats:
        steps = math.ceil(math.log2(self.high / self.low) * self._data["sweep"]["steps"])
        return np.asarray(np.geomspace(self.low, self.high, steps + 1), np.float64)

    def _sweep(
        self,
        run: RunContext,
        points: Floats,
        *,
        searching: bool,
        share: tuple[float, float],
    ) -> None:
        """Hold one point after the other [Hz], each for its share of an octave."""
        octaves = math.log2(self.high / self.low) / (len(self._upwards()) - 1)
        period = octaves / self._data["sweep"]["rate"] * _MINUTE
        for tick, (frequency, level) in zip(
            run.every(period), self._demands(points, searching=searching), strict=False
        ):
            run.on_pause(self.shaker.stop, lambda f=frequency, a=level: self._drive(f, a))  # type: ignore[misc]
            self._drive(frequency, level)
            control, response = self.shaker.control(), self.shaker.response()
            run.record(
                frequency=frequency,
                control_level=control,
                response_level=response,
                amplification=response.value / control.value if control.value else math.nan,
                phase_angle=self.shaker.phase(),
            )
            self.shaker.stop()
            run.on_pause(lambda: None, lambda: None)
            run.progress(share[0] + (share[1] - share[0]) * (tick + 1) / len(points))

    def _demands(self, points: Floats, *, searching: bool) -> Iterator[tuple[float, float]]:
        levels = demanded(points, self.parameters, searching=searching)
        for frequency, level in zip(points, levels, strict=True):
            yield float(frequency), float(level)

    def _drive(self, frequency: float, level: float) -> None:
        self.shaker.start_sine(frequency, acceleration=level)

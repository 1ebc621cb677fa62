"""Intermediate check of a signal source: amplitude, flatness and frequency of its sines.

A house method. The source puts out one sine after the other, an oscilloscope takes a record of
each, and a sine is fitted to every record (the four-parameter fit of IEEE Std 1057).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from instruments.roles import FunctionGenerator, Oscilloscope
from testbed.domain.conformity import Limit
from testbed.evaluation.signal_source import evaluate_signal_source
from testbed.procedure import (
    Axis,
    BlockStream,
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

__all__ = ["SignalSource"]

Parameters = Mapping[str, float | str | None]


def _instants(parameters: Parameters) -> Any:  # noqa: ANN401
    """Where the samples of a record lie [s after its start]."""
    samples = round(float(parameters["samples"] or 0.0))
    return np.arange(samples) * (float(parameters["window"] or 0.0) / samples)


class SignalSource(Procedure):
    """Sines of one amplitude at several frequencies, each with its waveform on record."""

    id = "signal-source"
    version = "2"
    standard = "TB-S-01:2026"
    channels = (
        Channel("set_frequency", "Hz", roles=("generator",), function="frequency"),
        Channel("peak_to_peak", "V", roles=("scope",), function="waveform"),
        Channel("rms", "V", roles=("scope",), function="waveform"),
    )
    plots = (Plot("set_frequency", "peak_to_peak"), Plot("time", "rms"))
    streams = (
        BlockStream(
            "waveform",
            (Channel("voltage", "V", roles=("scope",), function="waveform"),),
            (Axis("offset", "s", _instants),),
        ),
    )
    evaluates_tree = True

    # Peak to peak, at an input of high resistance; length and samples of one record as the
    # oscilloscope delivers it.
    amplitude = Param("V", low=0.1, high=10.0, default=2.0)
    lowest = Param("Hz", low=1.0, high=1e6, default=1e3)
    highest = Param("Hz", low=1.0, high=1e6, default=50e3)
    count = Param("1", low=2.0, high=50.0, default=6.0)
    window = Param("s", low=1e-6, high=10.0, default=0.012)
    samples = Param("1", low=100.0, high=1e7, default=12_000.0)
    tolerance = Param("%", low=0.1, high=50.0, default=5.0)
    frequency_tolerance = Param("%", low=0.001, high=10.0, default=0.1)

    generator = Needs(FunctionGenerator)  # type: ignore[type-abstract]
    scope = Needs(Oscilloscope)  # type: ignore[type-abstract]

    found_amplitude = Measurement("V", symbol="Upp", resolution=0.001)
    amplitude_error = Measurement("%", symbol="dU", resolution=0.01)
    offset = Measurement("V", symbol="U0", resolution=0.001)
    flatness = Measurement("%", symbol="F", resolution=0.01)
    frequency_error = Measurement("%", symbol="df", resolution=0.0001)

    @phase(limit=600.0)
    def prepare(self, run: RunContext) -> None:
        """Make the source safe, and let the oscilloscope look at it."""
        run.on_exit("generator", self.generator.make_safe)
        self.generator.switch_output(False)
        run.ask("prompt.signal-source.connect", "option.done", amplitude=self.amplitude)
        height = self._data["window"]["headroom"] * self.amplitude
        self.scope.set_up(full_time=self.window, full_scale=height)
        self.generator.set_sine(self.lowest, amplitude=self.amplitude)
        self.generator.switch_output(True)

    @phase(limit=3600.0)
    def sweep(self, run: RunContext) -> None:
        """Take a record of each frequency, from the lowest to the highest."""
        frequencies = np.geomspace(self.lowest, self.highest, round(self.count))
        for number, frequency in enumerate(frequencies, start=1):
            self.generator.set_sine(float(frequency), amplitude=self.amplitude)
            run.sleep(self._data["window"]["settling"])
            taken = run.elapsed()
            (waveform,) = self.scope.capture(1)
            run.stream("waveform").record(at=taken, voltage=waveform)
            run.record(
                at=taken,
                set_frequency=float(frequency),
                peak_to_peak=float(np.ptp(waveform.values)),
                rms=float(np.sqrt(np.mean(waveform.values**2))),
            )
            run.progress(number / len(frequencies))
        self.generator.switch_output(False)

    @staticmethod
    def evaluate_tree(
        tree: "xarray.DataTree", parameters: Parameters, data: Mapping[str, Any]
    ) -> Evaluation:
        """Fit a sine to each waveform: see `testbed.evaluation.signal_source`."""
        return evaluate_signal_source(tree, parameters, data)

    @classmethod
    def limits(cls, parameters: Parameters, data: Mapping[str, Any]) -> tuple[Limit, ...]:
        """Hold amplitude, flatness and frequency within the tolerances that were chosen."""
        share = float(parameters["tolerance"] or 0.0)
        off = float(parameters["frequency_tolerance"] or 0.0)
        source = "TB-S-01:2026"
        return (
            Limit(measurand="amplitude_error", low=-share, high=share, source=source),
            Limit(measurand="flatness", high=share, source=source),
            Limit(measurand="frequency_error", low=-off, high=off, source=source),
        )

    def forecast(self) -> float:
        """Add up settling and records [s]."""
        return self.count * (float(self._data["window"]["settling"]) + self.window + 0.5)

    @property
    def _data(self) -> Mapping[str, Any]:
        return method_data("testbed.methods", self.id, self.version)

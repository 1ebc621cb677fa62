"""Broad-band random vibration, IEC 60068-2-64:2008, test Fh.

The controller drives the table by the profile and tells effective values; the levels line by line
are judged on a record of its own, which an oscilloscope takes at the control accelerometer.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from instruments.roles import Oscilloscope, VibrationController
from testbed.domain.conformity import Limit
from testbed.evaluation.profile import Profile
from testbed.evaluation.random_vibration import evaluate_random, profile_of
from testbed.evaluation.spectrum import degrees_of_freedom, segment_length
from testbed.procedure import (
    Axis,
    BlockStream,
    Channel,
    Evaluation,
    Guide,
    Measurement,
    Needs,
    OptionalParam,
    Param,
    Plot,
    Procedure,
    RunContext,
    method_data,
    phase,
)

if TYPE_CHECKING:
    import xarray

__all__ = ["RandomVibration"]

Parameters = Mapping[str, float | str | None]
_MINUTE = 60.0
_CLAUSE = "IEC 60068-2-64:2008, 4.3"


def _instants(parameters: Parameters) -> Any:  # noqa: ANN401
    """Where the samples of a record lie [s after its start]."""
    samples = round(float(parameters["samples"] or 0.0))
    return np.arange(samples) * (float(parameters["window"] or 0.0) / samples)


class RandomVibration(Procedure):
    """Exposure of a specimen to random vibration of a spectral density."""

    id = "iec-60068-2-64"
    version = "1"
    standard = "IEC 60068-2-64:2008"
    channels = (
        Channel("control_level", "m/s2", roles=("shaker",), function="acceleration"),
        Channel("response_level", "m/s2", roles=("shaker",), function="acceleration"),
    )
    plots = (Plot("time", "control_level"), Plot("time", "response_level"))
    streams = (
        BlockStream(
            "waveform",
            (Channel("control_voltage", "V", roles=("scope",), function="waveform"),),
            (Axis("offset", "s", _instants),),
        ),
    )
    evaluates_tree = True

    # Break points of the profile; the first two are needed.
    f1 = Param("Hz", low=5.0, high=2000.0, default=10.0)
    a1 = Param("(m/s2)2/Hz", low=1e-6, high=1e4, default=1.0)
    f2 = Param("Hz", low=5.0, high=2000.0, default=200.0)
    a2 = Param("(m/s2)2/Hz", low=1e-6, high=1e4, default=1.0)
    f3 = OptionalParam("Hz", low=5.0, high=2000.0)
    a3 = OptionalParam("(m/s2)2/Hz", low=1e-6, high=1e4)
    f4 = OptionalParam("Hz", low=5.0, high=2000.0)
    a4 = OptionalParam("(m/s2)2/Hz", low=1e-6, high=1e4)
    f5 = OptionalParam("Hz", low=5.0, high=2000.0)
    a5 = OptionalParam("(m/s2)2/Hz", low=1e-6, high=1e4)
    duration = Param("min", low=0.1, high=10_000.0, default=30.0)
    resolution = Param("Hz", low=0.1, high=50.0, default=2.5)
    # Of the control accelerometer with its conditioner, at the oscilloscope.
    sensitivity = Param("V/(m/s2)", low=1e-6, high=10.0, default=0.01)
    # Length and samples of one record as the oscilloscope delivers it.
    window = Param("s", low=0.01, high=1000.0, default=1.2)
    samples = Param("1", low=100.0, high=1e7, default=12_000.0)

    shaker = Needs(VibrationController)  # type: ignore[type-abstract]
    scope = Needs(Oscilloscope)  # type: ignore[type-abstract]

    exposure = Measurement("min", symbol="t", clause="IEC 60068-2-64:2008, 5", resolution=0.1)
    highest_level = Measurement("dB", symbol="L+", clause=_CLAUSE, resolution=0.01)
    lowest_level = Measurement("dB", symbol="L-", clause=_CLAUSE, resolution=0.01)
    rms = Measurement("m/s2", symbol="arms", clause=_CLAUSE, resolution=0.01)
    rms_error = Measurement("%", symbol="δa", clause=_CLAUSE, resolution=0.1)
    freedom = Measurement("1", symbol="ν", clause=_CLAUSE, resolution=1.0)
    crest_factor = Measurement("1", symbol="Fc", clause=_CLAUSE, resolution=0.01)

    @phase(limit=24 * 3600.0)
    def mount(self, run: RunContext) -> None:
        """Let the operator fix the specimen and its accelerometers."""
        run.on_exit("shaker", self.shaker.make_safe)
        profile = self._profile
        run.ask("prompt.iec-60068-2-64.mount", "option.done", acceleration=profile.rms)
        height = 2.0 * self._data["window"]["headroom"] * profile.rms * self.sensitivity
        self.scope.set_up(full_time=self.window, full_scale=height)

    @phase(limit=11_000 * _MINUTE)
    def expose(self, run: RunContext) -> None:
        """Vibrate until the record proves the whole duration, with records of the waveform."""
        rules, profile = self._data["sampling"], self._profile
        needed, proven, last = self.duration * _MINUTE, 0.0, None
        tolerance = 0.01 * self._data["tolerance"]["rms"]
        torn: list[bool] = []
        run.on_pause(self.shaker.stop, lambda: self._go_on(torn))
        self.shaker.start_random(profile.breakpoints)
        run.sleep(rules["settling"])
        wanted, taken = self._records(), 0
        for _ in run.every(rules["period"]):
            if torn:
                # However short it was, a pause is no exposure.
                run.record(control_level=math.nan, response_level=math.nan)
                torn.clear()
                last = None
            now = run.elapsed()
            level = self.shaker.control()
            run.record(control_level=level, response_level=self.shaker.response())
            inside = abs(level.value / profile.rms - 1.0) <= tolerance
            if inside and last is not None and now - last <= rules["gap"] * rules["period"]:
                proven += now - last
            last = now if inside else None
            while taken < wanted * min((proven + rules["period"]) / needed, 1.0):
                self._take(run)
                taken += 1
            run.progress(min(proven / needed, 1.0), remaining=max(needed - proven, 0.0))
            # One period more than needed, so that rounding of times cannot leave it short.
            if proven >= needed + rules["period"]:
                break
        self.shaker.stop()

    @staticmethod
    def evaluate_tree(
        tree: "xarray.DataTree", parameters: Parameters, data: Mapping[str, Any]
    ) -> Evaluation:
        """Judge levels and exposure: see `testbed.evaluation.random_vibration`."""
        phases = [each.name for each in RandomVibration.declared_phases()]
        return evaluate_random(tree, parameters, data, phases)

    @classmethod
    def limits(cls, parameters: Parameters, data: Mapping[str, Any]) -> tuple[Limit, ...]:
        """Ask for levels and effective value inside their tolerances, and the whole exposure."""
        level, rms = float(data["tolerance"]["level"]), float(data["tolerance"]["rms"])
        duration = float(parameters["duration"] or 0.0)
        return (
            Limit(measurand="exposure", low=duration, source=f"{cls.standard}, 5"),
            Limit(measurand="highest_level", high=level, source=_CLAUSE),
            Limit(measurand="lowest_level", low=-level, source=_CLAUSE),
            Limit(measurand="rms_error", low=-rms, high=rms, source=_CLAUSE),
            Limit(measurand="freedom", low=float(data["spectrum"]["freedom"]), source=_CLAUSE),
            Limit(measurand="crest_factor", low=float(data["drive"]["crest"]), source=_CLAUSE),
        )

    @classmethod
    def guides(cls, parameters: Parameters) -> tuple[Guide, ...]:
        """Show the tolerance of the effective value."""
        try:
            rms = profile_of(parameters).rms
        except ValueError:
            # Break points that make no profile are refused when the run begins.
            return ()
        rules = method_data("testbed.methods", cls.id, cls.version)["tolerance"]
        share = 0.01 * float(rules["rms"])
        return (
            Guide("control_level", rms * (1.0 + share), "tolerance-high"),
            Guide("control_level", rms * (1.0 - share), "tolerance-low"),
        )

    def forecast(self) -> float:
        """Add up settling and exposure [s]."""
        rules = self._data["sampling"]
        return float(self.duration * _MINUTE + rules["settling"] + rules["period"])

    @property
    def _data(self) -> Mapping[str, Any]:
        return method_data("testbed.methods", self.id, self.version)

    @property
    def _profile(self) -> Profile:
        return profile_of(self.parameters)

    def _records(self) -> int:
        """Tell how many records have the degrees of freedom that are aimed at."""
        samples = round(self.samples)
        length = segment_length(samples / self.window, self.resolution)
        segments = (samples - length) // (length - length // 2) + 1
        if segments < 1:
            raise ValueError(
                f"a record of {self.window:g} s has no lines of {self.resolution:g} Hz; "
                f"accepted: from {length * self.window / samples:g} s on"
            )
        each = degrees_of_freedom(segments, length)
        return math.ceil(float(self._data["spectrum"]["aim"]) / each)

    def _take(self, run: RunContext) -> None:
        # Taken while the table is driven; two records must not overlap in time.
        taken = run.elapsed()
        (waveform,) = self.scope.capture(1)
        run.stream("waveform").record(at=taken, control_voltage=waveform)
        run.sleep(max(self.window - (run.elapsed() - taken), 0.0))

    def _go_on(self, torn: list[bool]) -> None:
        torn.append(True)
        self.shaker.start_random(self._profile.breakpoints)

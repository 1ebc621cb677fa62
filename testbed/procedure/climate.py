"""Climatic tests: the programme as segments, and how a chamber is led through it.

A programme is worked out from the parameters and the method's data before anything runs. Each row
of the record says which of its segments it belongs to, so that an evaluation needs the record and
the programme alone.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple

from instruments.readings import Reading
from instruments.roles import ClimaticChamber, DataLogger
from testbed.procedure.channels import Channel, Guide, Plot
from testbed.procedure.context import RunContext
from testbed.procedure.data import method_data
from testbed.procedure.declare import Choice, Needs, Param, Procedure

__all__ = [
    "CLIMATE_CHANNELS",
    "PLACES",
    "Climate",
    "ClimaticTest",
    "Dwelling",
    "Segment",
    "SegmentKind",
    "longest_step",
    "recording_period",
]

Parameters = Mapping[str, float | str | None]

PLACES = 9
"""Sensors of the working space: its centre and eight corners (IEC 60068-3-5, 4)."""

_HOUR = 3600.0
_MINUTE = 60.0

CLIMATE_CHANNELS = (
    Channel("monitor_temperature", "degC", "air_temperature", roles=("logger",)),
    Channel("air_temperature", "degC", "air_temperature", roles=("chamber",)),
    Channel("set_point", "degC", roles=("chamber",), function="set-point"),
    *(Channel(f"space_{place}", "degC", roles=("logger",)) for place in range(1, PLACES + 1)),
    Channel("segment", "1"),
)


class SegmentKind(StrEnum):
    """What a chamber does during a segment."""

    RAMP = "ramp"
    DWELL = "dwell"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One step of a programme.

    Attributes
    ----------
    part
        What the standard calls it ("condition", "rise").
    temperature
        At its end [degC].
    start
        Where it begins [degC]; None for where the air happens to be.
    tolerance
        Of the temperature on either side [K].
    rate
        Of the set-point [K/min]; None for a dwell.
    duration
        Nominal length of a dwell [s].
    humidity, humidity_tolerance
        Relative humidity, and its tolerance on either side [%]; None where it is not controlled.
    cycle
        Number of the cycle, from 1; 0 outside of the cycles.
    """

    kind: SegmentKind
    part: str
    temperature: float
    start: float | None = None
    tolerance: float = 0.0
    rate: float | None = None
    duration: float = 0.0
    humidity: float | None = None
    humidity_tolerance: float | None = None
    cycle: int = 0

    def seconds(self, room: float) -> float:
        """Estimate its length [s]; a ramp without a start begins at the `room`'s [degC]."""
        if self.rate is None:
            return self.duration
        start = room if self.start is None else self.start
        return abs(self.temperature - start) / self.rate * _MINUTE


class Climate(NamedTuple):
    """What the monitoring sensors say: temperature [degC] and relative humidity [%]."""

    temperature: float
    humidity: float | None = None

    def inside(self, segment: Segment) -> bool:
        """Tell whether every quantity that the segment controls lies in its tolerance."""
        near = abs(self.temperature - segment.temperature) <= segment.tolerance
        if segment.humidity is None or segment.humidity_tolerance is None:
            return near
        if self.humidity is None:
            return False
        return near and abs(self.humidity - segment.humidity) <= segment.humidity_tolerance


class Dwelling:
    """Counts, sample by sample, how much of a dwell the record proves.

    A dwell begins with the first sample from which on every sample lies inside the tolerance for
    the time `stays`, without a gap. With the first sample outside of it, it begins anew.

    Parameters
    ----------
    stays
        [s].
    longest
        A step longer than this [s] is a gap, and a gap proves nothing.
    """

    def __init__(self, stays: float, longest: float) -> None:
        self._stays = stays
        # A time that has passed through differences of large numbers is off by its rounding.
        self._longest = longest * (1.0 + 1e-9)
        self._last: float | None = None
        self._entered: float | None = None
        self._run = 0.0
        self.onset: float | None = None
        self.proven = 0.0

    def saw(self, time: float, inside: bool) -> None:
        """Take the next sample, at `time` [s]."""
        step = None if self._last is None else time - self._last
        joined = step is not None and step <= self._longest and self._entered is not None
        self._last = time
        if not inside:
            self._entered = self.onset = None
            self.proven = 0.0
            return
        if not joined:
            self._entered, self._run = time, 0.0
        elif step is not None:
            self._run += step
            self.proven += step if self.onset is not None else 0.0
        if self.onset is None and self._entered is not None and self._run >= self._stays:
            self.onset, self.proven = self._entered, self._run


def recording_period(parameters: Parameters, data: Mapping[str, Any]) -> float:
    """Tell how often a programme is sampled [s]: a long one less often than a short one.

    Parameters
    ----------
    parameters
        `duration` [h] where the method has one.
    data
        Method data with ``sampling.period``, ``sampling.held`` [s] and ``sampling.long`` [h].
    """
    rules = data["sampling"]
    long = float(parameters.get("duration") or 0.0) >= float(rules.get("long", float("inf")))
    return float(rules["held"] if long else rules["period"])


def longest_step(parameters: Parameters, data: Mapping[str, Any]) -> float:
    """Tell how long a step between two samples may be [s] before it is a gap."""
    return float(data["sampling"]["gap"]) * recording_period(parameters, data)


class ClimaticTest(Procedure, ABC):
    """A specimen in a chamber: nine sensors in the working space, and one at the specimen.

    The logger's inputs follow each other: the monitoring sensor, then the working space from its
    centre on. A subclass gives its programme and its phases.
    """

    channels: ClassVar[tuple[Channel, ...]] = CLIMATE_CHANNELS
    plots: ClassVar[tuple[Plot, ...]] = (
        Plot("time", "monitor_temperature"),
        Plot("time", "space_1"),
    )

    first_input = Param("1", low=1.0, high=9999.0, default=101.0)
    wire = Choice("K", "T", "J", "N", "E")

    logger = Needs(DataLogger)  # type: ignore[type-abstract]

    @property
    @abstractmethod
    def climate(self) -> ClimaticChamber:
        """The chamber that is led."""

    @classmethod
    @abstractmethod
    def programme(cls, parameters: Parameters, data: Mapping[str, Any]) -> tuple[Segment, ...]:
        """Work the segments out from complete parameters and the method's data."""

    @property
    def data(self) -> Mapping[str, Any]:
        """The method's versioned data."""
        return method_data("testbed.methods", self.id, self.version)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The programme of this run."""
        return self.programme(self.parameters, self.data)

    @property
    def period(self) -> float:
        """Time between two samples [s]."""
        return recording_period(self.parameters, self.data)

    @property
    def highest(self) -> float:
        """Temperature [degC] above which the specimen is in danger."""
        levels = [each.temperature for each in self.segments]
        return max(*levels, self._room) + float(self.data["monitor"]["beyond"])

    @property
    def lowest(self) -> float:
        """Temperature [degC] below which the specimen is in danger."""
        levels = [each.temperature for each in self.segments]
        return min(*levels, self._room) - float(self.data["monitor"]["beyond"])

    def monitored(self) -> Reading:
        """Measure the temperature of the monitoring sensor [degC]."""
        return self.logger.thermocouples(int(self.first_input), kind=self.wire)[0]

    def forecast(self) -> float:
        """Add up every segment, and the settling of each dwell that has to be proven [s]."""
        settling = float(self.data["dwell"].get("settling", 0.0)) * _MINUTE
        return sum(
            each.seconds(self._room) + (settling if each.kind is SegmentKind.DWELL else 0.0)
            for each in self.segments
        )

    @classmethod
    def guides(cls, parameters: Parameters) -> tuple[Guide, ...]:
        """Show the bands of tolerance around the levels of the dwells."""
        data = method_data("testbed.methods", cls.id, cls.version)
        levels = {
            (each.temperature, each.tolerance): None
            for each in cls.programme(parameters, data)
            if each.kind is SegmentKind.DWELL and each.part != "recovery"
        }
        return tuple(
            Guide(channel, level + side * band, code)
            for level, band in levels
            for channel in ("monitor_temperature", "space_1")
            for code, side in (("tolerance-high", 1.0), ("tolerance-low", -1.0))
        )

    @property
    def _room(self) -> float:
        return float(self.data["recovery"]["temperature"])

    def sample(self, run: RunContext, set_point: float, index: int) -> Climate:
        """Record one row of segment `index`; gives what is judged."""
        first = int(self.first_input)
        sensed = self.logger.thermocouples(*range(first, first + PLACES + 1), kind=self.wire)
        space = {f"space_{place}": sensed[place] for place in range(1, PLACES + 1)}
        further, humidity = self.further(index)
        row: dict[str, float | Reading] = {**space, **further}
        run.record(
            None,
            monitor_temperature=sensed[0],
            air_temperature=self.climate.temperature(),
            set_point=set_point,
            segment=float(index),
            **row,
        )
        return Climate(sensed[0].value, humidity)

    def further(self, index: int) -> tuple[Mapping[str, float | Reading], float | None]:
        """Measure what the method records beside temperatures; gives the judged humidity [%]."""
        return {}, None

    def enter(self, index: int) -> None:
        """Set what segment `index` controls beside the temperature."""

    def lead(self, run: RunContext, index: int) -> None:
        """Move the set-point along the ramp of segment `index`, one step a sample."""
        self.enter(index)
        segment = self.segments[index]
        rate = segment.rate or 0.0
        start = self.climate.temperature().value if segment.start is None else segment.start
        way = segment.temperature - start
        moved, last, told = 0.0, run.elapsed(), None
        for _ in run.every(self.period):
            now = run.elapsed()
            # A pause must not be made up for by a jump of the set-point.
            moved += rate * min(now - last, self.period) / _MINUTE
            last = now
            arrived = moved >= abs(way)
            # Chambers take tenths of a degree.
            step = moved if way > 0.0 else -moved
            point = segment.temperature if arrived else round(start + step, 1)
            if point != told:
                self.climate.start(point)
                told = point
            self.sample(run, point, index)
            self.tell_progress(run, index, min(moved / max(abs(way), 1e-9), 1.0))
            if arrived:
                return

    def hold(self, run: RunContext, index: int) -> None:
        """Hold the dwell of segment `index` until the record proves its whole duration.

        Raises
        ------
        TimeoutError
            The monitoring sensors did not come to stay in the band in time.
        """
        self.enter(index)
        segment, rules, period = self.segments[index], self.data["dwell"], self.period
        before, beyond = self._proven_before(run, index), rules["beyond"] * _MINUTE
        watch, stable = self._dwelling(), run.elapsed()
        for _ in run.every(period):
            now = run.elapsed()
            found = self.sample(run, segment.temperature, index)
            watch.saw(now, found.inside(segment))
            proven = before + watch.proven
            self.tell_progress(run, index, min(proven / max(segment.duration, 1e-9), 1.0))
            # One period more than needed, so that rounding of times cannot leave it short, and
            # what its uncertainty may cost.
            if watch.onset is not None and proven >= segment.duration + period + beyond:
                return
            stable = stable if watch.onset is None else now
            if now - stable > rules["within"] * _HOUR:
                raise TimeoutError(f"{found.temperature:g} degC, not stable in the band")

    def wait(self, run: RunContext, index: int, longer: float = 0.0) -> None:
        """Keep the climate of segment `index` for its duration and `longer` [s], pauses apart."""
        self.enter(index)
        segment = self.segments[index]
        ticks = max(segment.duration / self.period, 1.0)
        for tick in run.every(self.period, during=segment.duration + longer):
            self.sample(run, segment.temperature, index)
            self.tell_progress(run, index, min(tick / ticks, 1.0))

    def tell_progress(self, run: RunContext, index: int, done: float) -> None:
        """Report how much of the programme is done, and how long the rest takes."""
        lengths = [each.seconds(self._room) for each in self.segments]
        past = sum(lengths[:index]) + done * lengths[index]
        whole = max(sum(lengths), 1.0)
        run.progress(min(past / whole, 1.0), remaining=whole - past)

    def _dwelling(self) -> Dwelling:
        stays = float(self.data["dwell"]["stays"]) * _MINUTE
        return Dwelling(stays, longest_step(self.parameters, self.data))

    def _proven_before(self, run: RunContext, index: int) -> float:
        """Add up what interrupted parts of this run have proven of a dwell [s].

        An excursion in one of them lets the dwell begin anew.
        """
        if run.earlier is None:
            return 0.0
        segment, proven, watch = self.segments[index], 0.0, self._dwelling()
        names = ("monitor_temperature", "humidity")
        columns = [run.earlier[name].to_numpy() for name in names if name in run.earlier]
        at = run.earlier["segment"].to_numpy()
        for row, time in enumerate(run.earlier["time"].to_numpy()):
            if at[row] != index:
                proven, watch = proven + watch.proven, self._dwelling()
                continue
            found = Climate(*(float(column[row]) for column in columns))
            watch.saw(float(time), found.inside(segment))
        return proven + watch.proven

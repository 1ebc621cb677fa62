"""The run as a phase sees it: time, record, prompts, and a point to pause at in every call."""

import math
import time as clock
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from instruments.readings import Reading, Waveform
from testbed.engine.asking import Asking
from testbed.engine.control import Aborted, Control
from testbed.engine.lease import Lease
from testbed.engine.monitors import Monitors
from testbed.engine.ports import Prompt, PromptKind
from testbed.engine.prompts import Answer
from testbed.engine.record import RunRecord
from testbed.engine.recording import StreamOfRun, streams_of
from testbed.engine.safety import SafeActions
from testbed.engine.standstill import Standstill
from testbed.engine.uncertainties import Uncertainties
from testbed.procedure import Finding, Note, Phase, Procedure

if TYPE_CHECKING:
    import xarray

__all__ = ["BenchClock", "LiveContext", "PhaseTooLong"]

Value = TypeVar("Value")
_SLICE = 0.1  # [s] of this computer's time between two looks at the commands
_INSTANT = 1e-6  # [s] what bench clocks resolve
_ROOM_WITHIN = 24 * 3600.0  # [s] for somebody to make room on the disk
_LATE = 0.1  # share of a period after which a tick counts as late


class BenchClock(Protocol):
    """The clock of a bench."""

    @property
    def factor(self) -> float | None:
        """Bench seconds per second of this computer; None where it moves only while slept on."""
        ...

    def now(self) -> datetime:
        """Tell the present instant, aware and in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let `seconds` [s] of bench time pass."""
        ...


class PhaseTooLong(Exception):
    """A phase took longer than it declares."""

    def __init__(self, phase: str, limit: float) -> None:
        self.phase = phase
        self.limit = limit
        super().__init__(f"phase {phase} took longer than {limit:g} s")


class LiveContext(Asking):
    """Carries out what phases ask for, on a bench clock and into a run file."""

    def __init__(
        self,
        *,
        clock: BenchClock,
        record: RunRecord,
        procedure: Procedure,
        control: Control,
        safe_actions: SafeActions,
        started: datetime,
        monitors: Monitors,
        lease: Lease,
        standstill: Standstill,
        uncertainties: Uncertainties,
        earlier: "xarray.Dataset | None" = None,
    ) -> None:
        self.earlier = earlier
        self._uncertainties = uncertainties
        self._clock = clock
        self._record = record
        self._control = control
        self._safe_actions = safe_actions
        self._started = started
        self._monitors = monitors
        self._lease = lease
        self._standstill = standstill
        self._phase = ""
        self._phase_limit = math.inf
        self._phase_ends = math.inf
        self._paused_for = 0.0
        self._ticks = self._ticks_late = self._ticks_missed = 0
        self._latest_tick = 0.0
        self._retried: Counter[str] = Counter()
        self._latest = 0.0
        self._holds: tuple[Callable[[], None], Callable[[], None]] | None = None
        self._streams = streams_of(procedure, record, self.elapsed, self._point)

    def carry_out(self, procedure: Procedure, phase: Phase, index: int) -> None:
        """Carry out a phase, and again where it declares that it may be."""
        self._enter(phase, index)
        self.retry(
            f"phase {phase.name}",
            lambda: phase.function(procedure, self),
            times=phase.retries,
            on=phase.on,
        )

    def _enter(self, phase: Phase, index: int) -> None:
        now = self.elapsed()
        if not self._phase:
            self._monitors.begin(self._record.event)
        elif (stopper := self._control.stopper) is not None:
            self._record.event(now, "stop", f"after {self._phase}, by {stopper}")
            raise Aborted("remark.stopped-after-phase", phase=self._phase, by=stopper)
        self._phase = phase.name
        self._holds = None
        self._record.phase(index)
        self._record.event(now, "phase", phase.name)
        self._control.phase = phase.name
        self._phase_limit = phase.limit
        self._phase_ends = self._active() + phase.limit
        self._monitors.enter(phase.name, now)
        self._point()

    def elapsed(self) -> float:
        """Seconds [s] of the bench clock since the run started, pauses included."""
        return (self._clock.now() - self._started).total_seconds()

    def _active(self) -> float:
        """Seconds [s] of the bench clock since the run started, without pauses."""
        return self.elapsed() - self._paused_for

    def sleep(self, seconds: float) -> None:
        """Let `seconds` [s] pass on the bench clock, pauses not counted."""
        self._sleep_until(self._active() + seconds)

    def _sleep_until(self, instant: float) -> None:
        """Sleep until `instant` [s] of the time without pauses."""
        self._point(instant)
        while (left := instant - self._active()) > _INSTANT:
            if self._clock.factor is None:
                self._clock.sleep(min(left, max(self._monitors.left(self.elapsed()), _INSTANT)))
            else:
                self._clock.sleep(min(left, _SLICE * self._clock.factor))
            self._point(instant)

    def every(self, period: float, *, during: float | None = None) -> Iterator[int]:
        """Tick on absolute time; a late tick is recorded, and the next keeps its place."""
        origin, tick = self._active(), 0
        # Room for rounding: the last of 0.3 s in steps of 0.1 s is the third.
        last = math.inf if during is None else math.floor(during / period + 1e-9)
        while tick <= last:
            due = origin + tick * period
            self._sleep_until(due)
            late = self._active() - due
            self._ticks += 1
            self._latest_tick = max(self._latest_tick, late)
            self._ticks_late += late > _LATE * period
            if late >= period:
                missed = int(min(late // period, last - tick))
                self._record.event(self.elapsed(), "late", f"{missed} ticks missed, {late:.3f} s")
                self._ticks_missed += missed
                tick += missed
            yield tick
            tick += 1

    def wait_until(
        self, condition: Callable[[], bool], *, within: float, poll: float = 1.0
    ) -> None:
        """Poll `condition` until it holds."""
        ends = self._active() + within
        while not condition():
            left = ends - self._active()
            if left <= _INSTANT:
                raise TimeoutError(f"not within {within:g} s")
            self.sleep(min(poll, left))

    def record(self, at: float | None = None, **channels: float | Reading) -> None:
        """Append one row; a row that two clocks put before the last one takes its time."""
        self._latest = max(self.elapsed() if at is None else at, self._latest)
        values = self._uncertainties.values(channels)
        self._record.record(self._latest, **values)
        if at is None:
            self._monitors.saw(values, values, self.elapsed(), self._record.event)
        self._point()

    def record_block(self, times: ArrayLike, **channels: ArrayLike | Waveform) -> None:
        """Append many rows; those that two clocks put before the last one take its time."""
        instants = np.maximum(np.asarray(times, np.float64), self._latest)
        columns = self._uncertainties.arrays(channels)
        self._record.extend(instants, columns)
        if len(instants):
            self._latest = float(instants[-1])
            # Gaps say nothing of a quantity; a block of nothing else is one.
            lowest = {name: float(np.fmin.reduce(each)) for name, each in columns.items()}
            highest = {name: float(np.fmax.reduce(each)) for name, each in columns.items()}
            self._monitors.saw(lowest, highest, self.elapsed(), self._record.event)
        self._point()

    def stream(self, name: str) -> StreamOfRun:
        """Give a declared stream."""
        if name not in self._streams:
            declared = ", ".join(self._streams) or "none"
            raise LookupError(f"no stream {name!r} is declared; declared: {declared}")
        return self._streams[name]

    def _answer(self, prompt: Prompt) -> Answer:
        """Open a prompt and wait for its answer; question and answers go on record."""
        self._point()
        number = self._control.ask(prompt)
        self._record.event(self.elapsed(), "prompt", prompt.code)
        while (answer := self._control.take_answer()) is None:
            for refused in self._control.take_refused():
                self._record.event(self.elapsed(), "refused", f"{number}: {refused}")
            self._control.wait(_SLICE)
            self._record.flush_if_due()
            self._point()
        given = answer.text
        if prompt.kind is PromptKind.NUMBER:
            given = f"{answer.value!r} {prompt.unit} (typed {answer.text!r})"
        by = f" by {answer.by}" if answer.by else ""
        self._record.event(self.elapsed(), "answer", f"{number}: {given}{by}")
        return answer

    def retry(
        self,
        what: str,
        action: Callable[[], Value],
        *,
        times: int,
        on: tuple[type[Exception], ...],
        after: float = 0.0,
    ) -> Value:
        """Carry `action` out, and again where that was foreseen."""
        for tried in range(1, times + 1):
            try:
                return action()
            except (Aborted, PhaseTooLong):
                raise
            except on as error:
                self._retried[what] += 1
                text = f"{what}: {tried} of {times} after {type(error).__name__}: {error}"
                self._record.event(self.elapsed(), "retry", text)
                self.sleep(after)
        return action()

    def note(self, code: str, **values: str | float) -> None:
        """Leave a remark in the run's events."""
        named = " ".join(f"{key}={value}" for key, value in values.items())
        self._record.event(self.elapsed(), "note", f"{code} {named}".strip())

    def on_exit(self, name: str, action: Callable[[], None]) -> None:
        """Register a safe action."""
        self._safe_actions.add(name, action)

    def on_pause(self, hold: Callable[[], None], go_on: Callable[[], None]) -> None:
        """Say what else stands still during a pause of this phase, and how it goes on."""
        self._holds = (hold, go_on)

    def progress(self, done: float, *, remaining: float | None = None) -> None:
        """Report progress."""
        self._control.done = min(max(done, 0.0), 1.0)
        self._control.remaining = remaining
        self._point()

    def findings(self) -> tuple[Finding, ...]:
        """Tell what of the course of the run a reader of its result has to know."""
        retried = (Finding("retried", {"what": w, "times": n}) for w, n in self._retried.items())
        return (*retried, *self._monitors.findings(self.elapsed()))

    def attributes(self) -> dict[str, float | int]:
        """Sum the run's uncertainties, ticks and alarms up, for its file."""
        sums: dict[str, float | int] = {
            **self._uncertainties.attributes(),
            "ticks": self._ticks,
            "ticks_late": self._ticks_late,
            "ticks_missed": self._ticks_missed,
            "latest_tick_s": self._latest_tick,
        }
        for stream in self._streams.values():
            sums |= stream.uncertainties.attributes()
        for what, seconds in self._monitors.out_of_band(self.elapsed()).items():
            sums[f"monitor_{what}_out_of_band_s"] = seconds
        return sums

    def _point(self, until: float | None = None) -> None:
        """Pause, abort or go on; `until` [s] is how long the run is about to sleep."""
        self._control.check()
        self._watch(until)
        if self._control.stands:
            self._stand()
        if self._active() > self._phase_ends:
            raise PhaseTooLong(self._phase, self._phase_limit)
        if self._lease.over and not self._lease.waiting:
            self._await_booking()

    def _watch(self, until: float | None = None) -> None:
        # Only a virtual clock sleeps in one piece.
        ahead = until is not None and self._clock.factor is None
        left = until - self._active() if ahead and until is not None else 0.0
        self._monitors.look(self.elapsed(), self._record.event, ahead=left)
        self._control.suspend(self._no_room() or self._monitors.reason)

    def _no_room(self) -> Note | None:
        if self._record.full is None:
            return None
        return Note("remark.disk-full", {"free": f"{self._record.full:.0f}"})

    def _stand(self) -> None:
        began = self.elapsed()
        self._record.event(began, "pause", "")
        if self._holds:
            self._holds[0]()
        if self._record.full is not None:
            self._await_room(began)
        while self._control.stands:
            self._control.check()
            if self._lease.over:
                self._await_booking(standing=True)
            self._let_stand()
            self._record.flush_if_due()
            self._watch()
            if self._record.full is not None:
                self._await_room(self.elapsed())
        self._control.check()
        if self._holds:
            self._holds[1]()
        self._paused_for += self.elapsed() - began
        self._record.event(self.elapsed(), "resume", "")

    def _await_room(self, began: float) -> None:
        """Stand safe until there is room on the disk, or end where nobody makes any in time."""
        state = self._standstill.begin()
        words = ", ".join(f"{role} {what}" for role, what in state.items()) or "nothing is on"
        free = f"{self._record.full or 0.0:.0f} MB"
        self._record.event(began, "disk", f"nearly full, {free} free: {words}")
        until = clock.monotonic() + _ROOM_WITHIN
        while self._record.full is not None:
            self._control.check()
            if clock.monotonic() > until or "moving" in state.values():
                raise Aborted("remark.disk-stays-full", free=f"{self._record.full:.0f}")
            if self._lease.forfeit:
                raise Aborted("remark.lease-ended", end=str(self._lease.ends))
            self._control.wait(_SLICE)
            self._record.flush_if_due()
            self._watch()
        self._record.event(self.elapsed(), "disk", "there is room again")
        self._standstill.end()

    def _let_stand(self) -> None:
        # A virtual clock stands still while people pause, but a room has to have time to cool.
        if self._clock.factor is None and not self._control.paused:
            self._clock.sleep(max(self._monitors.left(self.elapsed()), _INSTANT))
        else:
            self._control.wait(_SLICE)

    def _await_booking(self, *, standing: bool = False) -> None:
        """Stand safe until the booking is extended, or end where nobody does so in time.

        Parameters
        ----------
        standing
            Whether the phase stands already, so that its hold is in effect and time is counted.
        """
        began, end = self.elapsed(), f"{self._lease.ends:%Y-%m-%dT%H:%M:%S%z}"
        holds = None if standing else self._holds
        self._lease.waiting = True
        try:
            if holds:
                holds[0]()
            state = self._standstill.begin()
            words = ", ".join(f"{role} {what}" for role, what in state.items()) or "nothing is on"
            self._record.event(began, "lease", f"booking ended {end}: {words}")
            while self._lease.over:
                self._control.check()
                if self._lease.forfeit or "moving" in state.values():
                    raise Aborted("remark.lease-ended", end=end)
                self._control.wait(_SLICE)
                self._record.flush_if_due()
                self._watch()
        finally:
            self._lease.waiting = False
        self._standstill.end()
        if holds:
            holds[1]()
        self._paused_for += 0.0 if standing else self.elapsed() - began
        self._record.event(self.elapsed(), "lease", f"extended until {self._lease.ends}")

"""The run as a phase sees it: time, record, prompts, and a point to pause at in every call."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

import xarray

import runs
from instruments.readings import Reading
from testbed.engine.control import Aborted, Control
from testbed.engine.safety import SafeActions
from testbed.engine.uncertainties import Uncertainties

__all__ = ["BenchClock", "LiveContext", "PhaseTooLong"]

_SLICE = 0.1  # [s] of this computer's time between two looks at the commands


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


class LiveContext:
    """Carries out what phases ask for, on a bench clock and into a run file."""

    def __init__(
        self,
        *,
        clock: BenchClock,
        writer: runs.RunWriter,
        control: Control,
        safe_actions: SafeActions,
        started: datetime,
        lease_ends: datetime | None,
        uncertainties: Uncertainties,
        earlier: xarray.Dataset | None = None,
    ) -> None:
        self.earlier = earlier
        self._uncertainties = uncertainties
        self._clock = clock
        self._writer = writer
        self._control = control
        self._safe_actions = safe_actions
        self._started = started
        # A virtual clock runs ahead of the world in which the booking ends.
        self._lease_ends = lease_ends if clock.factor is not None else None
        self._phase = ""
        self._phase_ends = float("inf")
        self._paused_for = 0.0
        self._latest = 0.0
        self._holds: tuple[Callable[[], None], Callable[[], None]] | None = None

    def enter(self, phase: str, index: int, limit: float) -> None:
        """Begin a phase."""
        self._phase = phase
        self._holds = None
        self._writer.phase(index)
        self._writer.event(self.elapsed(), "phase", phase)
        self._control.phase = phase
        self._phase_ends = self.elapsed() + limit
        self._point()

    def elapsed(self) -> float:
        """Seconds [s] of the bench clock since the run started, pauses included."""
        return (self._clock.now() - self._started).total_seconds()

    def sleep(self, seconds: float) -> None:
        """Let `seconds` [s] pass on the bench clock."""
        self._sleep_until(self.elapsed() + seconds)

    def _sleep_until(self, instant: float) -> None:
        self._point()
        while (left := instant - self.elapsed()) > 0:
            if self._clock.factor is None:
                self._clock.sleep(left)
            else:
                self._clock.sleep(min(left, _SLICE * self._clock.factor))
            self._point()

    def every(self, period: float, *, during: float | None = None) -> Iterator[int]:
        """Tick on absolute time; a late tick is recorded, and the next keeps its place."""
        origin, paused, tick = self.elapsed(), self._paused_for, 0
        while True:
            due = origin + (self._paused_for - paused) + tick * period
            if during is not None and tick * period > during:
                return
            self._sleep_until(due)
            late = self.elapsed() - due
            if late > period and self._paused_for == paused:
                missed = int(late / period)
                self._writer.event(self.elapsed(), "late", f"{missed} ticks missed, {late:.3f} s")
                tick += missed
            elif self._paused_for != paused:
                # What the pause took is not lateness.
                origin, paused = self.elapsed() - tick * period, self._paused_for
            yield tick
            tick += 1

    def wait_until(
        self, condition: Callable[[], bool], *, within: float, poll: float = 1.0
    ) -> None:
        """Poll `condition` until it holds."""
        ends = self.elapsed() + within
        while not condition():
            if self.elapsed() >= ends:
                raise TimeoutError(f"not within {within:g} s")
            self.sleep(min(poll, max(ends - self.elapsed(), 0.0)))

    def record(self, at: float | None = None, **channels: float | Reading) -> None:
        """Append one row; a row that two clocks put before the last one takes its time."""
        self._latest = max(self.elapsed() if at is None else at, self._latest)
        self._writer.record(self._latest, **self._uncertainties.values(channels))
        self._point()

    def ask(self, prompt: str, *options: str, **values: str | float) -> str:
        """Ask the operator and wait for the answer."""
        self._point()
        number = self._control.ask(prompt, options, values)
        self._writer.event(self.elapsed(), "prompt", prompt)
        while (answer := self._control.take_answer()) is None:
            self._control.wait(_SLICE)
            self._writer.flush_if_due()
            self._point()
        self._writer.event(self.elapsed(), "answer", f"{number}: {answer}")
        return answer

    def note(self, code: str, **values: str | float) -> None:
        """Leave a remark in the run's events."""
        named = " ".join(f"{key}={value}" for key, value in values.items())
        self._writer.event(self.elapsed(), "note", f"{code} {named}".strip())

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

    def _point(self) -> None:
        """Pause, abort or go on."""
        self._control.check()
        if self._control.paused:
            self._stand()
        elapsed = self.elapsed()
        if elapsed - self._paused_for > self._phase_ends:
            raise PhaseTooLong(self._phase, self._phase_ends)
        if self._lease_ends is not None and self._clock.now() >= self._lease_ends:
            raise Aborted("remark.lease-ended", end=self._lease_ends.isoformat())

    def _stand(self) -> None:
        began = self.elapsed()
        self._writer.event(began, "pause", "")
        if self._holds:
            self._holds[0]()
        while self._control.paused:
            self._control.check()
            self._control.wait(_SLICE)
            self._writer.flush_if_due()
        self._control.check()
        if self._holds:
            self._holds[1]()
        self._paused_for += self.elapsed() - began
        self._writer.event(self.elapsed(), "resume", "")

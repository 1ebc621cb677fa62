"""Watches what a procedure has declared to be watched; see `testbed.procedure.Monitor`."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from instruments.readings import Reading
from testbed.engine.control import Aborted
from testbed.engine.safety import bounded
from testbed.procedure import Action, Bound, Finding, Monitor, Note, Procedure

__all__ = ["Monitors"]

_LONGEST = 10.0  # [s] of this computer's time for one reading
_GRACE = 1.1  # periods without a sample after which a channel's quantity is read
_MINUTE = 60.0
_HOUR = 3600.0

Event = Callable[[float, str, str], None]
"""Puts an event on record: time [s], kind, text."""


@dataclass(slots=True)
class _Watched:
    """One monitor and what it has seen; times in seconds [s] since the run started."""

    monitor: Monitor
    low: float
    high: float
    due: float = 0.0
    good: float | None = None
    out: float | None = None
    back: float | None = None
    times: int = 0
    seconds: float = 0.0

    @property
    def band(self) -> str:
        """The band in words without language."""
        unit = "" if self.monitor.unit == "1" else f" {self.monitor.unit}"
        if math.isinf(self.low):
            return f"≤ {self.high:g}{unit}"
        if math.isinf(self.high):
            return f"≥ {self.low:g}{unit}"
        return f"{self.low:g}…{self.high:g}{unit}"


class Monitors:
    """The monitors of one run.

    Attributes
    ----------
    reason
        Why the run has to stand, None where it may go on.
    """

    def __init__(self, procedure: Procedure) -> None:
        self._procedure = procedure
        self._watched: list[_Watched] = []
        self._absent: list[Monitor] = []
        for monitor in procedure.declared_monitors().values():
            if monitor.role and monitor.role not in procedure.instruments:
                self._absent.append(monitor)
                continue
            low = _bound(monitor.low, procedure, -math.inf)
            self._watched.append(_Watched(monitor, low, _bound(monitor.high, procedure, math.inf)))
        self._active: list[_Watched] = []
        self.reason: Note | None = None

    def begin(self, event: Event) -> None:
        """Put on record what is watched, and what is not."""
        for each in self._watched:
            text = f"{each.monitor.name}: {each.band}, each {each.monitor.every:g} s, else "
            event(0.0, "monitor", text + str(each.monitor.action))
        for monitor in self._absent:
            event(0.0, "monitor", f"{monitor.name}: not watched, the bench has no {monitor.role}")

    def enter(self, phase: str, now: float) -> None:
        """Watch what this phase asks for, beginning with its first point."""
        before, self._active = (
            self._active,
            [
                each
                for each in self._watched
                if not each.monitor.phases or phase in each.monitor.phases
            ],
        )
        for each in self._active:
            if each not in before:
                each.due, each.good = now, None

    def left(self, now: float) -> float:
        """Time until the next look [s]; infinite where nothing is watched."""
        return min((each.due for each in self._active), default=math.inf) - now

    def look(self, now: float, event: Event, *, ahead: float = 0.0) -> None:
        """Read what is due.

        Parameters
        ----------
        ahead
            How long [s] nobody will look again. What falls due in that time is read now, where
            the next look is then not later than it may be.

        Raises
        ------
        Aborted
            A monitor that ends the run is out of its band, or cannot be read; or one that
            suspends it has done so for longer than it may.
        """
        for each in self._active:
            if each.due <= now or each.due - now < ahead <= each.monitor.every:
                each.due = now + each.monitor.every
                self._read(each, now, event)
                self._lose_patience(each, now)

    def saw(
        self,
        lowest: Mapping[str, float],
        highest: Mapping[str, float],
        now: float,
        event: Event,
    ) -> None:
        """Take what was recorded just now for a look at the monitors of those channels.

        Parameters
        ----------
        lowest, highest
            By channel; the same for a single row.

        Raises
        ------
        Aborted
            As `look` does.
        """
        for each in self._active:
            channel = each.monitor.channel
            if channel in lowest:
                each.due = now + _GRACE * each.monitor.every
                low, high = lowest[channel], highest[channel]
                self._judge(each, low if low < each.low else high, now, event)
                self._lose_patience(each, now)

    def _read(self, each: _Watched, now: float, event: Event) -> None:
        try:
            value = self._value(each.monitor)
        except Exception as error:
            self._alarm(each, now, event, f"cannot be read: {error}", cause=str(error))
        else:
            self._judge(each, value, now, event)

    def _judge(self, each: _Watched, value: float, now: float, event: Event) -> None:
        if each.low <= value <= each.high:
            self._inside(each, now, event)
        else:
            self._alarm(each, now, event, f"{value:g}, accepted {each.band}", value=value)

    @staticmethod
    def _lose_patience(each: _Watched, now: float) -> None:
        if each.out is not None and now - each.out > each.monitor.longest:
            raise Aborted(
                "remark.monitor-stays",
                monitor=each.monitor.name,
                accepted=each.band,
                hours=f"{each.monitor.longest / _HOUR:g}",
            )

    def _value(self, monitor: Monitor) -> float:
        read = bounded(lambda: monitor.read(self._procedure), _LONGEST)
        if not isinstance(read, Reading):
            return float(read)
        if read.unit != monitor.unit:
            raise ValueError(f"read in {read.unit}, declared in {monitor.unit}")
        return read.value

    def _alarm(
        self,
        each: _Watched,
        now: float,
        event: Event,
        text: str,
        *,
        value: float | None = None,
        cause: str = "",
    ) -> None:
        each.back = None
        if each.out is not None:
            return
        each.out = now
        good = "never" if each.good is None else f"{each.good:.3f} s"
        event(now, "alarm", f"{each.monitor.name}: {text}; last in its band: {good}")
        note = self._note(each, value, cause)
        if each.monitor.action is Action.END:
            raise Aborted(note.code, **note.values)
        each.times += 1
        self.reason = self.reason or note

    def _inside(self, each: _Watched, now: float, event: Event) -> None:
        each.good = now
        if each.out is None:
            return
        each.back = now if each.back is None else each.back
        if now - each.back < each.monitor.settle:
            return
        out = each.back - each.out
        each.seconds += out
        each.out = each.back = None
        event(now, "back", f"{each.monitor.name}: {out / _MINUTE:.2f} min out of its band")
        others = [other for other in self._active if other.out is not None]
        self.reason = self._note(others[0], None, "") if others else None

    @staticmethod
    def _note(each: _Watched, value: float | None, cause: str) -> Note:
        values: Mapping[str, str | float] = {"monitor": each.monitor.name, "accepted": each.band}
        if each.monitor.action is Action.SUSPEND:
            return Note("remark.monitor-suspends", {**values, "settle": each.monitor.settle})
        if value is None:
            return Note("remark.monitor-unreadable", {**values, "cause": cause})
        return Note("remark.monitor-ends", {**values, "value": f"{value:g}"})

    def out_of_band(self, now: float) -> dict[str, float]:
        """Add up by monitor for how long [s] it was out of its band, up to `now`."""
        return {
            each.monitor.name: each.seconds + (0.0 if each.out is None else now - each.out)
            for each in self._watched
        }

    def findings(self, now: float) -> tuple[Finding, ...]:
        """Tell what suspended the run, how often and for how long."""
        seconds = self.out_of_band(now)
        return tuple(
            Finding(
                "suspended",
                {
                    "monitor": each.monitor.name,
                    "times": each.times,
                    "minutes": f"{seconds[each.monitor.name] / _MINUTE:.1f}",
                },
            )
            for each in self._watched
            if each.times
        )


def _bound(bound: Bound, procedure: Procedure, open_end: float) -> float:
    if bound is None:
        return open_end
    return float(bound(procedure)) if callable(bound) else bound

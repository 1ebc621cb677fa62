"""A run's context over a clock and a sheet of paper in memory: no instruments, no file."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from testbed.engine.context import LiveContext
from testbed.engine.control import Control
from testbed.engine.lease import Lease
from testbed.engine.monitors import Monitors
from testbed.engine.safety import SafeActions
from testbed.engine.standstill import Standstill
from testbed.engine.uncertainties import Uncertainties
from testbed.procedure import Phase, Procedure

START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


class Clock:
    """Moves only while slept on; whole microseconds, as bench clocks do."""

    def __init__(self, factor: float | None = None) -> None:
        self.factor = factor
        self.micros = 0

    def now(self) -> datetime:
        return START + timedelta(microseconds=self.micros)

    def sleep(self, seconds: float) -> None:
        self.micros += max(round(seconds * 1e6), 0)


class Sheet:
    """What a run has written, in its order."""

    full: float | None = None

    def __init__(self) -> None:
        self.events: list[tuple[float, str, str]] = []
        self.rows_kept: list[tuple[float, dict[str, float]]] = []

    @property
    def rows(self) -> int:
        return len(self.rows_kept)

    def event(self, time: float, kind: str, text: str) -> None:
        self.events.append((time, kind, text))

    def record(self, time: float, **channels: float) -> None:
        self.rows_kept.append((time, channels))

    def phase(self, index: int) -> None:
        pass

    def flush_if_due(self) -> None:
        pass

    def texts(self, kind: str) -> list[str]:
        return [text for _, each, text in self.events if each == kind]


class Steering(Control):
    """Pauses that last on the bench's clock, and what happens while the run waits."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._ends = 0
        self.meanwhile: Callable[[], None] = lambda: None

    def pause_for(self, seconds: float) -> None:
        self._ends = self._clock.micros + round(seconds * 1e6)
        self.pause()

    def wait(self, seconds: float) -> None:
        left = (self._ends - self._clock.micros) / 1e6
        self._clock.sleep(min(seconds, left) if left > 0 else seconds)
        self.meanwhile()
        if self.paused and self._clock.micros >= self._ends:
            self.resume()


class Plain(Procedure):
    """Nothing declared."""

    id, version, standard = "plain", "1", ""
    channels = ()
    plots = ()


class Course:
    """One run in memory."""

    def __init__(
        self,
        procedure: Procedure | None = None,
        clock: Clock | None = None,
        lease: Lease | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.sheet = Sheet()
        self.steering = Steering(self.clock)
        self.procedure = procedure or Plain({}, {})
        self.context = LiveContext(
            clock=self.clock,
            record=self.sheet,  # type: ignore[arg-type]
            procedure=self.procedure,
            control=self.steering,
            safe_actions=SafeActions(),
            started=START,
            lease=lease or Lease(None, 0.0),
            standstill=Standstill({}),
            monitors=Monitors(self.procedure),
            uncertainties=Uncertainties(()),
        )

    def phase(self, function: Callable[[Any], None], limit: float = 1e9, **options: Any) -> None:
        """Carry one phase out."""
        step = Phase("step", limit, lambda _, run: function(run), **options)
        self.context.carry_out(self.procedure, step, 0)

"""Time as the rest of the house sees it: always injected, always aware, always UTC."""

import time
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """A source of time: real, scaled or virtual."""

    def now(self) -> datetime:
        """Tell the present instant, aware and in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let `seconds` [s] of this clock's time pass; returns at once where not positive."""
        ...


class SystemClock:
    """The clock of this computer."""

    def now(self) -> datetime:
        """Tell the present instant."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        if seconds > 0:
            time.sleep(seconds)

"""The simulator's own log: one JSON object per line, on disk as soon as it happened."""

import json
import threading
import time
from pathlib import Path
from typing import Any, Protocol

from instruments.simulators.clock import SimulatedClock

__all__ = ["EventLog", "SimulatorLog"]


class EventLog(Protocol):
    """Writes one event of one role."""

    def __call__(self, event: str, **values: object) -> None:
        """Write `event` with its values."""
        ...


class SimulatorLog:
    """Keeps the events of one simulator in a file and in memory."""

    def __init__(self, path: Path, clock: SimulatedClock) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._clock = clock
        self._lock = threading.Lock()
        self.events: list[dict[str, Any]] = []

    def say(self, role: str, event: str, **values: object) -> None:
        """Write one event."""
        entry = {
            "t": self._clock.now(),
            "wall": time.time(),
            "role": role,
            "event": event,
            **values,
        }
        with self._lock:
            if event != "delivered":
                self.events.append(entry)
            self._file.write(json.dumps(entry) + "\n")
            self._file.flush()

    def of(self, role: str) -> EventLog:
        """Give the log of one role."""

        def say(event: str, **values: object) -> None:
            self.say(role, event, **values)

        return say

    def close(self) -> None:
        """Close the file."""
        self._file.close()

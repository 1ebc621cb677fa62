"""Faults that can be put on any role while the bench runs, or by a script in its file."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

__all__ = ["KINDS", "Fault", "Faults"]

KINDS = (
    "no_answer",
    "late_answer",
    "garbage",
    "truncate",
    "split",
    "disconnect",
    "wrong_identity",
    "error_queue",
    "overload",
    "drift",
    "bad_crc",
    "busy",
    "locked",
    "power_cycle",
)


_KEYS = ("do", "role", "fault", "command", "count", "seconds", "size", "after")


@dataclass(slots=True)
class Fault:
    """One fault: on lines of `role` that contain `command`, for the next `count` of them.

    Attributes
    ----------
    seconds
        How late an answer is, how long a line is split, how long a plug stays pulled [s].
    size
        Relative drift of readings.
    since
        Instant of the bench's clock from which on it lies in wait [s].
    """

    role: str
    kind: str
    command: str
    count: int
    seconds: float
    size: float
    since: float


class Faults:
    """The faults that wait for their command.

    Parameters
    ----------
    applicable
        Role to the kinds of fault that its instrument and its transport can show.
    now
        Tells the instant of the bench's clock [s].
    """

    def __init__(self, applicable: Mapping[str, frozenset[str]], now: Callable[[], float]) -> None:
        self._applicable = applicable
        self._now = now
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def kinds(self, role: str) -> list[str]:
        """List the kinds of fault that a role can show, in their usual order."""
        return [kind for kind in KINDS if kind in self._applicable[role]]

    def applicable(self) -> dict[str, list[str]]:
        """List the kinds of fault that each role can show."""
        return {role: self.kinds(role) for role in self._applicable}

    def put(self, request: Mapping[str, Any]) -> None:
        """Add a fault as the control socket or the bench file describes it.

        Raises
        ------
        ValueError
            A key, the role or the kind is unknown; the message lists what is accepted.
        """
        for key in request:
            if key not in _KEYS:
                near = get_close_matches(key, _KEYS, 1)
                hint = f" (nearest: {near[0]})" if near else ""
                raise ValueError(f"{key!r} is refused; accepted: {', '.join(_KEYS[1:])}{hint}")
        role, kind = str(request.get("role")), str(request.get("fault"))
        if role not in self._applicable:
            accepted = ", ".join(sorted(self._applicable))
            raise ValueError(f"role {role!r} is refused; accepted: {accepted}")
        if kind not in self._applicable[role]:
            accepted = ", ".join(each for each in KINDS if each in self._applicable[role])
            raise ValueError(f"fault {kind!r} is refused for {role}; accepted: {accepted}")
        fault = Fault(
            role,
            kind,
            str(request.get("command", "")),
            int(request.get("count", 1)),
            float(request.get("seconds", 0.5)),
            float(request.get("size", 0.01)),
            self._now() + float(request.get("after", 0.0)),
        )
        with self._lock:
            self._waiting.append(fault)

    def waiting(self) -> list[dict[str, Any]]:
        """List the faults that lie in wait, `after` being the seconds [s] until they do."""
        with self._lock:
            now = self._now()
            return [
                {
                    "role": fault.role,
                    "fault": fault.kind,
                    "command": fault.command,
                    "count": fault.count,
                    "seconds": fault.seconds,
                    "size": fault.size,
                    "after": max(fault.since - now, 0.0),
                }
                for fault in self._waiting
            ]

    def clear(self) -> None:
        """Take all faults away."""
        with self._lock:
            self._waiting.clear()

    def due(self, role: str, line: str) -> Fault | None:
        """Use up the fault that waits for this line, if any."""
        if not self._waiting:
            return None
        with self._lock:
            now = self._now()
            for fault in self._waiting:
                if fault.since > now or fault.role != role:
                    continue
                if fault.command.casefold() in line.casefold():
                    fault.count -= 1
                    if fault.count <= 0:
                        self._waiting.remove(fault)
                    return fault
        return None

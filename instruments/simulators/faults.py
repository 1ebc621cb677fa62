"""Faults that can be put on any role while the bench runs."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(slots=True)
class Fault:
    """One fault: on lines of `role` that contain `command`, for the next `count` of them.

    Attributes
    ----------
    seconds
        How late an answer is, how long a line is split, how long a plug stays pulled [s].
    size
        Relative drift of readings.
    """

    role: str
    kind: str
    command: str
    count: int
    seconds: float
    size: float


class Faults:
    """The faults that wait for their command.

    Parameters
    ----------
    applicable
        Role to the kinds of fault that its instrument and its transport can show.
    """

    def __init__(self, applicable: Mapping[str, frozenset[str]]) -> None:
        self._applicable = applicable
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def kinds(self, role: str) -> list[str]:
        """List the kinds of fault that a role can show, in their usual order."""
        return [kind for kind in KINDS if kind in self._applicable[role]]

    def put(self, request: Mapping[str, Any]) -> None:
        """Add a fault as the control socket describes it.

        Raises
        ------
        ValueError
            Role or kind is unknown; the message lists what is accepted.
        """
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
        )
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Take all faults away."""
        with self._lock:
            self._waiting.clear()

    def due(self, role: str, line: str) -> Fault | None:
        """Use up the fault that waits for this line, if any."""
        if not self._waiting:
            return None
        with self._lock:
            for fault in self._waiting:
                if fault.role == role and fault.command.casefold() in line.casefold():
                    fault.count -= 1
                    if fault.count <= 0:
                        self._waiting.remove(fault)
                    return fault
        return None

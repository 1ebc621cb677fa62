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
    "disconnect",
    "wrong_identity",
    "error_queue",
    "overload",
)


@dataclass(slots=True)
class Fault:
    """One fault: on lines of `role` that contain `command`, for the next `count` of them."""

    role: str
    kind: str
    command: str
    count: int
    seconds: float


class Faults:
    """The faults that wait for their command."""

    def __init__(self, roles: frozenset[str]) -> None:
        self._roles = roles
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def put(self, request: Mapping[str, Any]) -> None:
        """Add a fault as the control socket describes it.

        Raises
        ------
        ValueError
            Role or kind is unknown; the message lists what is accepted.
        """
        role, kind = request.get("role"), request.get("fault")
        if role not in self._roles:
            raise ValueError(
                f"role {role!r} is refused; accepted: {', '.join(sorted(self._roles))}"
            )
        if kind not in KINDS:
            raise ValueError(f"fault {kind!r} is refused; accepted: {', '.join(KINDS)}")
        fault = Fault(
            role,
            kind,
            str(request.get("command", "")),
            int(request.get("count", 1)),
            float(request.get("seconds", 0.5)),
        )
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Take all faults away."""
        with self._lock:
            self._waiting.clear()

    def due(self, role: str, line: str) -> Fault | None:
        """Use up the fault that waits for this line, if any."""
        with self._lock:
            for fault in self._waiting:
                if fault.role == role and fault.command.casefold() in line.casefold():
                    fault.count -= 1
                    if fault.count <= 0:
                        self._waiting.remove(fault)
                    return fault
        return None

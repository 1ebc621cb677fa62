"""The steps of a procedure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from testbed.procedure.context import RunContext

__all__ = ["Phase", "phase"]

PhaseFunction = Callable[[Any, RunContext], None]


@dataclass(frozen=True, slots=True)
class Phase:
    """One step of a procedure.

    Attributes
    ----------
    name
        Function name; the doors look up ``phase.<method>.<name>``.
    limit
        Longest time [s] that the phase may take, pauses apart and repetitions included.
    retries, on
        How often it is begun again after one of these errors; each time is put on record.
    """

    name: str
    limit: float
    function: PhaseFunction
    retries: int = 0
    on: tuple[type[Exception], ...] = ()


def phase(
    *, limit: float, retries: int = 0, on: tuple[type[Exception], ...] = ()
) -> Callable[[PhaseFunction], PhaseFunction]:
    """Declare the next phase of a procedure: its time limit [s], and when it may be repeated."""

    def declare(function: PhaseFunction) -> PhaseFunction:
        function.__phase_limit__ = limit  # type: ignore[attr-defined]
        function.__phase_retries__ = (retries, on)  # type: ignore[attr-defined]
        return function

    return declare

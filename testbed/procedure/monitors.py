"""What is watched while a run goes on, and what becomes of the run when it leaves its band."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from instruments.readings import Reading

__all__ = ["Action", "Bound", "Monitor"]

Bound = float | Callable[[Any], float] | None
"""An end of a band: fixed, worked out from the procedure's parameters, or open."""


class Action(StrEnum):
    """What an alarm does."""

    SUSPEND = "suspend"
    END = "end"


class Monitor:
    """A quantity that is looked at again and again, whatever the phase is doing.

    It is read between two steps of the phase, in the same thread, so that no exchange with an
    instrument is ever disturbed. A monitor that cannot be read is an alarm like any other.
    A contact counts as 1 where it is closed::

        hood_open = Monitor("1", lambda p: p.tester.interlock_closed(), low=1, action=Action.END)

    Parameters
    ----------
    unit
        Unit of the value.
    read
        Gives the value from the procedure; a reading must come in `unit`.
    low, high
        The band, both ends included.
    action
        SUSPEND lets the run stand until the value has been back for `settle` [s]; END ends it.
    every
        Time between two looks [s], on the clock of the bench.
    channel
        Channel that holds the same quantity in the same unit: each of its samples is a look, and
        only where the phase records none for `every` (and a tenth of it) is the value read.
    settle
        How long the value has to be back in its band [s].
    longest
        How long the run stands at most before it is ended [s].
    phases
        Phases during which it is watched; all where not given.
    role
        Optional role that it needs; on a bench without it nothing is watched, and the run file
        says so.
    """

    name: str

    def __init__(
        self,
        unit: str,
        read: Callable[[Any], float | Reading],
        *,
        low: Bound = None,
        high: Bound = None,
        action: Action,
        every: float = 60.0,
        channel: str = "",
        settle: float = 0.0,
        longest: float = 86_400.0,
        phases: tuple[str, ...] = (),
        role: str = "",
    ) -> None:
        self.unit = unit
        self.read = read
        self.low = low
        self.high = high
        self.action = action
        self.every = every
        self.channel = channel
        self.settle = settle
        self.longest = longest
        self.phases = phases
        self.role = role

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

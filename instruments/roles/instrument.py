"""What every role has in common."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from instruments.readings import Identity

__all__ = ["Instrument"]


@runtime_checkable
class Instrument(Protocol):
    """What every role has in common."""

    def identity(self) -> Identity:
        """Ask the instrument who it is."""
        ...

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back the present settings, by name."""
        ...

    def make_safe(self) -> None:
        """Switch every output off and read that back.

        Raises
        ------
        InstrumentFault
            The read-back does not show the safe state.
        """
        ...

    def close(self) -> None:
        """Give the link back. The instrument keeps its state."""
        ...

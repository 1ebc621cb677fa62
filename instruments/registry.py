"""Drivers by name; every one, ours included, enters by the same group of entry points."""

import warnings
from collections.abc import Mapping
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Protocol

from instruments.roles import Instrument

__all__ = ["Driver", "connect", "drivers"]

GROUP = "testbed.instruments"


class Driver(Protocol):
    """A class that can connect to one model."""

    def connect(
        self,
        address: str,
        *,
        serial: str | None,
        limits: Mapping[str, float],
        **options: str | float,
    ) -> Instrument:
        """Open the link, check model and serial number, and send no setting."""
        ...


def drivers() -> dict[str, Driver]:
    """Load every installed driver; one that cannot be imported is named and left out."""
    found: dict[str, Driver] = {}
    for entry in entry_points(group=GROUP):
        try:
            found[entry.name] = entry.load()
        except (ImportError, AttributeError) as error:
            warnings.warn(f"driver {entry.name} is left out: {error}", stacklevel=2)
    return found


def connect(
    driver: str,
    address: str,
    *,
    serial: str | None = None,
    limits: Mapping[str, float] | None = None,
    **options: str | float,
) -> Instrument:
    """Connect to the instrument at `address` by the driver of that name.

    Raises
    ------
    LookupError
        No driver has that name; the message lists those that are there.
    InstrumentError
        Nothing answers, or another instrument does.
    """
    entries = {entry.name: entry for entry in entry_points(group=GROUP)}
    if driver not in entries:
        near = get_close_matches(driver, entries, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise LookupError(f"no driver {driver!r}; installed: {', '.join(sorted(entries))}.{hint}")
    loaded: Driver = entries[driver].load()
    return loaded.connect(address, serial=serial, limits=limits or {}, **options)

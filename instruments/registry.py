"""Drivers by name; every one, ours included, enters by the same group of entry points."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol

from instruments.accuracy import Conditions
from instruments.model import Model
from instruments.roles import Instrument

__all__ = ["Driver", "Installed", "connect", "installed", "load"]

GROUP = "testbed.instruments"


class Driver(Protocol):
    """A class that can connect to one model."""

    about: Model

    def connect(
        self,
        address: str,
        *,
        serial: str | None,
        limits: Mapping[str, float],
        **options: Any,  # noqa: ANN401 (each driver declares its own)
    ) -> Instrument:
        """Open the link, check model and serial number, and send no setting."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """One entry point of the group.

    Attributes
    ----------
    package
        Distribution that brings it.
    driver
        What it points to; None where it cannot be loaded.
    problem
        Why it cannot be loaded, "" where it can.
    """

    name: str
    package: str
    driver: Driver | None
    problem: str = ""


def installed() -> tuple[Installed, ...]:
    """List every installed driver by name; a broken one is named with its problem."""
    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    return tuple(_loaded(entry) for entry in found)


def _loaded(entry: EntryPoint) -> Installed:
    package = entry.dist.name if entry.dist else ""
    try:
        driver = entry.load()
        if not isinstance(driver.about, Model) or not callable(driver.connect):
            raise TypeError("it has no `about` of type Model, or no `connect`")
    except Exception as error:  # a third party's module may fail in any way
        problem = f"{type(error).__name__}: {error}"
        return Installed(name=entry.name, package=package, driver=None, problem=problem)
    return Installed(name=entry.name, package=package, driver=driver)


def load(driver: str) -> Driver:
    """Load the driver of that name, or ``scheme:what`` by the adapter named `scheme`.

    Raises
    ------
    LookupError
        No driver has that name, or it cannot be loaded; the message says which, and why.
    """
    scheme, colon, what = driver.partition(":")
    entries = {entry.name: entry for entry in entry_points(group=GROUP)}
    if scheme + colon not in entries:
        near = get_close_matches(driver, entries, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise LookupError(f"no driver {driver!r}; installed: {', '.join(sorted(entries))}.{hint}")
    found = _loaded(entries[scheme + colon])
    if found.driver is None:
        raise LookupError(f"driver {driver!r} of {found.package} is broken: {found.problem}")
    return found.driver if not colon else found.driver.adapt(what)  # type: ignore[attr-defined]


def connect(
    driver: str,
    address: str,
    *,
    serial: str | None = None,
    limits: Mapping[str, float] | None = None,
    conditions: Conditions | None = None,
    **options: Any,  # noqa: ANN401 (each driver declares its own)
) -> Instrument:
    """Connect to the instrument at `address` by the driver of that name.

    Parameters
    ----------
    conditions
        Under which the readings' uncertainty is stated; for drivers that state one.

    Raises
    ------
    LookupError
        No driver has that name; the message lists those that are there.
    InstrumentError
        Nothing answers, or another instrument does.
    """
    found = load(driver)
    if conditions is not None and "conditions" in inspect.signature(found.connect).parameters:
        options["conditions"] = conditions
    return found.connect(address, serial=serial, limits=limits or {}, **options)

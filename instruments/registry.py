"""Drivers by name; every one, ours included, enters by the same group of entry points.

The drivers of another library enter by a second group, whose entries are the libraries: a bench
file names one as ``library:class``.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol

from instruments.accuracy import Conditions
from instruments.model import Model
from instruments.roles import Instrument

__all__ = ["Driver", "Installed", "Library", "connect", "foreign", "installed", "load"]

GROUP = "testbed.instruments"
FOREIGN = "testbed.foreign"


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


class Library(Protocol):
    """Another library, whose drivers can play roles of ours."""

    def known(self) -> tuple[str, ...]:
        """List the drivers that are ready to be used, as ``library:class``."""
        ...

    def adapt(self, what: str) -> Driver:
        """Give the driver that connects to a class of the library."""
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


def foreign() -> tuple[Installed, ...]:
    """List the drivers of other libraries that are ready to be used."""
    found: list[Installed] = []
    for entry in sorted(entry_points(group=FOREIGN), key=lambda entry: entry.name):
        package = entry.dist.name if entry.dist else ""
        try:
            known: tuple[str, ...] = entry.load().known()
            found += [Installed(name=each, package=package, driver=load(each)) for each in known]
        except Exception as error:  # a third party's module may fail in any way
            problem = f"{type(error).__name__}: {error}"
            found.append(
                Installed(name=f"{entry.name}:", package=package, driver=None, problem=problem)
            )
    return tuple(found)


def load(driver: str) -> Driver:
    """Load the driver of that name, or ``library:class`` of another library.

    Raises
    ------
    LookupError
        No driver has that name, or it cannot be loaded; the message says which, and why.
    """
    library, colon, what = driver.partition(":")
    entries = {entry.name: entry for entry in entry_points(group=FOREIGN if colon else GROUP)}
    if library not in entries:
        near = get_close_matches(library, entries, 1)
        hint = f" Did you mean {near[0]}{colon}{what}?" if near else ""
        raise LookupError(f"no driver {driver!r}; installed: {', '.join(sorted(entries))}.{hint}")
    if colon:
        adapted: Driver = entries[library].load().adapt(what)
        return adapted
    found = _loaded(entries[library])
    if found.driver is None:
        raise LookupError(f"driver {driver!r} of {found.package} is broken: {found.problem}")
    return found.driver


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

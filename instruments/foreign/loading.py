"""Finds classes of libraries that may not be installed, and what an overlay's place means."""

from importlib import import_module
from typing import Any

__all__ = ["class_of", "owner_of"]


def class_of(library: str, package: str, extra: str, what: str) -> type[Any]:
    """Load a class of a library by its name below the library's package of drivers.

    Raises
    ------
    LookupError
        The library is not installed, or has no such class.
    """
    where, _, name = what.rpartition(".")
    try:
        import_module(package.partition(".")[0])
    except ImportError as error:
        raise LookupError(
            f"{library} is not installed ({error}): pip install 'testbed-center[{extra}]'"
        ) from error
    try:
        found: type[Any] = getattr(import_module(f"{package}.{where}" if where else package), name)
    except (ImportError, AttributeError) as error:
        raise LookupError(f"{library} has no driver {what!r} ({error})") from error
    return found


def owner_of(driver: object, place: str) -> tuple[object, str]:
    """Walk to the object that has what a place names: "ch_1.voltage", "channels.0.voltage"."""
    *path, name = place.split(".")
    for step in path:
        driver = driver[int(step)] if step.isdigit() else getattr(driver, step)  # type: ignore[index]
    return driver, name

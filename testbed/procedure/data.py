"""Versioned method data: the values that a standard fixes, apart from code."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["method_data", "method_versions"]


@cache
def method_data(package: str, method: str, version: str) -> Mapping[str, Any]:
    """Read ``data/<method>/<version>.toml`` beside a method.

    Parameters
    ----------
    package
        Package of the method ("testbed.methods").
    method, version
        The method's id and version.

    Raises
    ------
    FileNotFoundError
        There are no data of that version.
    """
    source = files(package) / "data" / method / f"{version}.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


def method_versions(package: str, method: str) -> tuple[str, ...]:
    """List the versions that there are data of, oldest first; none where the method has no data.

    Parameters
    ----------
    package
        Package of the method ("testbed.methods").
    method
        The method's id.
    """
    place = files(package) / "data" / method
    if not place.is_dir():
        return ()
    names = [each.name for each in place.iterdir()]
    found = [name.removesuffix(".toml") for name in names if name.endswith(".toml")]
    return tuple(sorted(found, key=_by_number))


def _by_number(version: str) -> tuple[tuple[int, str], ...]:
    """Sort 10 after 9, and what is no number after all numbers."""
    return tuple(
        (int(part), "") if part.isdigit() else (10**9, part) for part in version.split(".")
    )

"""Versioned method data: the values that a standard fixes, apart from code."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["method_data"]


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

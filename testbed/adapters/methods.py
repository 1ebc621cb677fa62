"""Installed test methods: every one, ours included, enters by the same group of entry points."""

import warnings
from functools import cache
from importlib.metadata import entry_points

from testbed.procedure import Procedure

__all__ = ["installed_methods"]


@cache
def installed_methods() -> dict[str, type[Procedure]]:
    """Load every installed method; one that cannot be imported is named and left out."""
    found: dict[str, type[Procedure]] = {}
    for entry in entry_points(group="testbed.methods"):
        try:
            method = entry.load()
            if not issubclass(method, Procedure):
                raise TypeError("it is no Procedure")
            found[entry.name] = method
        except Exception as error:  # a third party's module may fail in any way
            warnings.warn(f"method {entry.name} is left out: {error}", stacklevel=2)
    return found

"""Models from the tables of a bench file."""

from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any, TypeVar

__all__ = ["build"]

Model = TypeVar("Model")


def build(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Make a model from a table; an unknown key is refused with the nearest known one.

    Raises
    ------
    ValueError
        A key is unknown, or a value is outside what the model accepts.
    """
    known = [field.name for field in fields(model)]  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f" (nearest: {near[0]})" if near else ""
            raise ValueError(f"{key!r} is refused; accepted: {', '.join(known)}{hint}")
    return model(**values)

"""What an evaluation gives back: values, findings and lines to draw, nothing decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = ["Construction", "Evaluation", "Finding", "Obtained", "StatedUncertainty"]


@dataclass(frozen=True, slots=True)
class Obtained:
    """The value of a measurand, unrounded, or why there is none.

    Attributes
    ----------
    value
        In the unit that the method declares; None where it could not be obtained.
    reason
        Message id why there is no value, or "".
    """

    value: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the evaluation noticed: code ``finding.<code>``, with the values it names.

    Attributes
    ----------
    invalidates
        Whether the run cannot be valid with it.
    """

    code: str
    values: Mapping[str, str | float] = field(default_factory=dict)
    invalidates: bool = False


@dataclass(frozen=True, slots=True)
class Construction:
    """A line or point drawn over the method's first plot, in that plot's channel units.

    Attributes
    ----------
    code
        Message id ``construction.<code>``.
    x, y
        Coordinates, same length; one pair is a point.
    """

    code: str
    x: tuple[float, ...]
    y: tuple[float, ...]


class StatedUncertainty(Protocol):
    """The uncertainty of a value, as a decision and a report need it: see `Budget`."""

    @property
    def expanded(self) -> float:
        """U, in the unit of the value."""

    @property
    def factor(self) -> float:
        """Coverage factor k."""

    @property
    def degrees_of_freedom(self) -> float | None:
        """Effective ones; None where they cannot be told."""

    def as_plain(self) -> dict[str, Any]:
        """Give all of it as plain data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """All that a method reads from a record.

    Attributes
    ----------
    budgets
        Uncertainty of the values, by measurand, as far as the method states it.
    """

    values: Mapping[str, Obtained]
    findings: tuple[Finding, ...] = ()
    constructions: tuple[Construction, ...] = ()
    budgets: Mapping[str, StatedUncertainty] = field(default_factory=dict)

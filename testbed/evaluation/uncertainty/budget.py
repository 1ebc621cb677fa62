"""The uncertainty budget of one result: plain data that print, travel and are kept."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from testbed.evaluation.uncertainty.coverage import Coverage
from testbed.evaluation.uncertainty.quantities import Distribution, Kind

__all__ = ["Budget", "Check", "Correlation", "Obtaining", "Row", "SecondOrder"]

_INFINITE = ("inf", "-inf")
_TEXTS = ("measurand", "unit", "symbol", "name")


class Obtaining(StrEnum):
    """What the uncertainty of a result was obtained by."""

    FIRST_ORDER = "first order"
    SECOND_ORDER = "second order"
    MONTE_CARLO = "monte carlo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One input of a budget.

    Attributes
    ----------
    symbol, name, unit, estimate, uncertainty, kind, distribution, degrees_of_freedom
        Of the input, as in `Input`.
    sensitivity
        Partial derivative c of the model at the estimates [unit of the result / unit of the input].
    contribution
        Size of c u [unit of the result].
    share
        Of u_c², (c u)²/u_c² [%].
    """

    symbol: str
    name: str
    unit: str
    estimate: float
    uncertainty: float
    kind: Kind
    distribution: Distribution
    degrees_of_freedom: float
    sensitivity: float
    contribution: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """What two correlated inputs contribute together.

    Attributes
    ----------
    first, second
        Symbols of the inputs.
    coefficient
        Correlation coefficient [-1..1].
    share
        Of u_c², 2 c_i c_j u_i u_j r/u_c² [%]; may be negative.
    """

    first: str
    second: str
    coefficient: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOrder:
    """What the curvature of the model contributes (GUM, 5.1.2, note).

    Attributes
    ----------
    first, second
        Symbols of the inputs, the same twice for one by itself.
    variance
        What is added to u_c² [unit² of the result]; may be negative.
    share
        Of u_c² [%].
    """

    first: str
    second: str
    variance: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What propagation of distributions says of a first-order result (JCGM 101:2008, clause 8).

    Attributes
    ----------
    holds
        Whether both ends of the interval agree within the tolerance.
    digits, tolerance
        Meaningful digits of the standard uncertainty, and the δ of them [unit].
    difference_low, difference_high
        Between the ends of the two intervals [unit], not negative.
    seed, draws
        What repeats the simulation to the bit.
    estimate, uncertainty
        Mean and standard deviation of the draws [unit]; None where the distributions of the inputs
        have none.
    low, high
        Probabilistically symmetric coverage interval [unit].
    shortest_low, shortest_high
        Shortest coverage interval [unit].
    deviation_low, deviation_high
        Standard uncertainties of `low` and `high` that come from the number of draws [unit].
    """

    holds: bool
    digits: int
    tolerance: float
    difference_low: float
    difference_high: float
    seed: int
    draws: int
    estimate: float | None
    uncertainty: float | None
    low: float
    high: float
    shortest_low: float
    shortest_high: float
    deviation_low: float
    deviation_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A result with its uncertainty and where that comes from.

    Attributes
    ----------
    measurand, unit
        What was measured, and in what.
    estimate
        Best value y [unit].
    uncertainty
        Combined standard uncertainty u_c [unit].
    degrees_of_freedom
        Effective ones, not truncated; None where Welch-Satterthwaite does not hold, as for inputs
        that are correlated without having been observed together. Then k is that of the least
        degrees of freedom among the inputs.
    probability
        Of the coverage interval (0..1).
    coverage
        What k was taken from.
    factor, expanded
        k and U = k u_c [unit].
    low, high
        Coverage interval [unit]: y ± U, or what the simulation found. Where that is not symmetric
        about y, y ± U includes it.
    obtained
        What the uncertainty was obtained by.
    rows, correlations, second_order
        What contributes, of first order; their shares sum to 100 %.
    check
        Validation of the first-order result; None where none was asked for.
    """

    measurand: str
    unit: str
    estimate: float
    uncertainty: float
    degrees_of_freedom: float | None
    probability: float
    coverage: Coverage
    factor: float
    expanded: float
    low: float
    high: float
    obtained: Obtaining
    rows: tuple[Row, ...]
    correlations: tuple[Correlation, ...] = ()
    second_order: tuple[SecondOrder, ...] = ()
    check: Check | None = None

    def row(self, symbol: str) -> Row:
        """Find the row of an input.

        Raises
        ------
        KeyError
            There is no such input.
        """
        for row in self.rows:
            if row.symbol == symbol:
                return row
        raise KeyError(symbol)

    def as_plain(self) -> dict[str, Any]:
        """Give dictionaries, lists, strings and finite numbers; an infinite one is "inf"."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Read what `as_plain` gave, also after it has been JSON.

        Raises
        ------
        TypeError, ValueError, KeyError
            It is no budget.
        """
        given = _numbers(plain)
        check = plain.get("check")
        return cls(
            **given
            | {
                "coverage": Coverage(plain["coverage"]),
                "obtained": Obtaining(plain["obtained"]),
                "rows": tuple(_row(row) for row in plain["rows"]),
                "correlations": tuple(Correlation(**c) for c in plain["correlations"]),
                "second_order": tuple(SecondOrder(**term) for term in plain["second_order"]),
                "check": None if check is None else Check(**_numbers(check)),
            }
        )


def _row(plain: Mapping[str, Any]) -> Row:
    return Row(
        **_numbers(plain)
        | {"kind": Kind(plain["kind"]), "distribution": Distribution(plain["distribution"])}
    )


def _numbers(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Turn "inf" into the number, but not where it is the name of something."""
    return {
        name: float(value) if value in _INFINITE and name not in _TEXTS else value
        for name, value in plain.items()
    }


def _plain(value: Any) -> Any:  # noqa: ANN401
    match value:
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case StrEnum():
            return value.value
        case float() if math.isinf(value):
            return "inf" if value > 0.0 else "-inf"
        case float():
            return float(value)
    return value

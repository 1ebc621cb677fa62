"""A derived column held against its definition: stress, strain, charge, energy, power."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from testbed.evaluation.import_checks import named
from testbed.evaluation.integration import Floats
from testbed.procedure.results import Finding

__all__ = ["Definition", "Derived", "check_derived", "running_integral"]

_SIGNIFICANT = 0.05  # share of the largest value from which a ratio tells something
_ROWS = 5
# Slips of a unit or a sign, by what the column would have to be multiplied with.
_FACTORS = tuple(
    factor
    for size in (10.0, 100.0, 1e3, 1e6, 60.0, 3600.0, 25.4, 4.4482216152605, 9.80665,
                 6.894757293168)
    for factor in (size, 1.0 / size)
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a derived column should be: a product of channels, over a parameter, or its integral.

    Attributes
    ----------
    of
        Channels that are multiplied.
    over
        Parameter that the product is divided by ("s0"), or "".
    along
        "" for the product itself, "time" or a channel for its integral over that.
    """

    of: tuple[str, ...]
    over: str = ""
    along: str = ""

    def __str__(self) -> str:
        """Write it as a formula."""
        product = "·".join(self.of)
        if self.along:
            product = f"∫ {product} d{'t' if self.along == 'time' else f'({self.along})'}"
        return f"{product} / {self.over}" if self.over else product

    def expected(
        self, time: Floats, channels: Mapping[str, Floats], parameters: Mapping[str, float]
    ) -> Floats:
        """Work it out, shape (n,); NaN where a channel has no value."""
        product: Floats = np.prod([channels[name] for name in self.of], axis=0)
        if self.along:
            along = time if self.along == "time" else channels[self.along]
            product = running_integral(product, along)
        return product / parameters[self.over] if self.over else product


def running_integral(y: Floats, x: Floats) -> Floats:
    """Integrate by the trapezoidal rule up to each row, from 0; NaN where y or x has no value.

    What lies between the neighbours of such a row counts as one step.
    """
    whole = np.full(len(y), np.nan)
    known = np.isfinite(y) & np.isfinite(x)
    steps = 0.5 * (y[known][1:] + y[known][:-1]) * np.diff(x[known])
    whole[known] = np.concatenate(([0.0], np.cumsum(steps)))[: int(known.sum())]
    return whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A derived column as it was recorded, in the unit that its definition gives.

    Attributes
    ----------
    column
        Heading of the column.
    recorded, expected
        Shape (n,).
    parameter
        Name, value and unit of what its definition divides by; None where by nothing.
    tolerance
        Share by which the column may be off as a whole.
    """

    column: str
    formula: str
    recorded: Floats
    expected: Floats
    parameter: tuple[str, float, str] | None = None
    integral: bool = False
    tolerance: float = 1e-3


def check_derived(derived: Derived, places: Sequence[str]) -> tuple[Finding, ...]:
    """Hold a derived column against its definition.

    Returns
    -------
    tuple
        Empty where it follows. A constant ratio other than 1 is a stale parameter, with its size
        in percent and the value that would fit, or a slip of a unit; single rows that are off are
        named; a column that follows nothing is named with its worst row.
    """
    recorded, expected = derived.recorded, derived.expected
    if derived.integral:
        # Counters run on from the step before; what they count may have either sign.
        recorded = recorded - _first(recorded)
        expected = expected - _first(expected)
    both = np.isfinite(recorded) & np.isfinite(expected)
    size = np.max(np.abs(expected[both]), initial=0.0)
    rows = np.flatnonzero(both & (np.abs(expected) >= _SIGNIFICANT * size))
    if not size > 0.0 or len(rows) < _ROWS:
        return ()
    ratios = recorded[rows] / expected[rows]
    slope = float(np.median(ratios))
    if slope == 0.0:
        return (_inconsistent(derived, recorded, expected, np.flatnonzero(both), places),)
    allowed = _allowed(derived, recorded[both], slope * size)
    rest = np.abs(recorded - slope * expected)
    off = np.flatnonzero(both & (rest > allowed))
    if len(off) > 0.1 * int(both.sum()):
        return (_inconsistent(derived, recorded, expected, off, places),)
    found = [*_stale(derived, abs(slope) if derived.integral else slope)]
    if len(off):
        values: dict[str, str | float] = {
            "column": derived.column,
            "formula": derived.formula,
            "count": len(off),
            "where": named(off, places, lambda row: float(derived.recorded[row])),
        }
        found.append(Finding("derived-rows-off", values))
    return tuple(found)


def _first(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known[0]) if len(known) else 0.0


def _allowed(derived: Derived, recorded: Floats, largest: float) -> float:
    """Tell how far a single row may be off: rounding of the columns, and sums of other steps."""
    levels = np.unique(recorded)
    quantum = float(np.min(np.diff(levels), initial=np.inf)) if len(levels) > 1 else 0.0
    share = 10.0 * derived.tolerance if derived.integral else 2.0 * derived.tolerance
    return max(share * abs(largest), 2.0 * quantum if len(levels) < len(recorded) else 0.0)


def _stale(derived: Derived, slope: float) -> tuple[Finding, ...]:
    if abs(slope - 1.0) <= derived.tolerance:
        return ()
    values: dict[str, str | float] = {"column": derived.column, "formula": derived.formula}
    for factor in (-1.0, *_FACTORS, *(-factor for factor in _FACTORS)):
        if abs(slope * factor - 1.0) <= max(0.02, derived.tolerance):
            said = f"{factor:.6g}" if abs(factor) >= 1.0 else f"1/{1.0 / factor:.6g}"
            return (Finding("derived-scaled", {**values, "factor": said}),)
    if derived.parameter is None:
        return (Finding("derived-off", {**values, "percent": (slope - 1.0) * 100.0}),)
    name, value, unit = derived.parameter
    fits = value / slope
    values |= {"parameter": name, "value": value, "unit": unit, "fits": fits}
    return (Finding("derived-stale", {**values, "percent": (fits / value - 1.0) * 100.0}),)


def _inconsistent(
    derived: Derived,
    recorded: Floats,
    expected: Floats,
    off: npt.NDArray[np.intp],
    places: Sequence[str],
) -> Finding:
    rest = np.abs(recorded[off] - expected[off])
    worst = int(off[int(np.argmax(rest))])
    return Finding(
        "derived-inconsistent",
        {
            "column": derived.column,
            "formula": derived.formula,
            "count": len(off),
            "where": places[worst],
            "recorded": float(derived.recorded[worst]),
            "expected": float(derived.expected[worst]),
        },
    )

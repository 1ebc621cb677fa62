"""Draws from the distributions of inputs, block by block into the same memory."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from testbed.evaluation.integration import Floats
from testbed.evaluation.uncertainty.first_order import correlated_groups
from testbed.evaluation.uncertainty.quantities import Correlations, Distribution, Input

__all__ = ["BLOCK", "Draws"]

# A dozen inputs of this many draws stay in the cache of a core.
BLOCK = 4096

# Fills an array of draws in place.
_Filling: TypeAlias = Callable[[Floats], None]


class Draws:
    """A stream of draws from the joint distribution of inputs.

    Parameters
    ----------
    inputs
        Independent ones follow their own distribution. Correlated ones are drawn jointly normal,
        or from the joint t-distribution where they share finite degrees of freedom.
    correlations
        Of pairs of inputs, none with a coefficient of 0.
    seed
        Equal seeds give equal draws.

    Raises
    ------
    ValueError
        There are no quantities with such correlations.

    References
    ----------
    JCGM 101:2008, 6.4 (6.4.8 for correlated inputs); JCGM 102:2011, 5.3.2.
    """

    def __init__(self, inputs: Sequence[Input], correlations: Correlations, seed: int) -> None:
        self._random = np.random.Generator(np.random.PCG64(seed))
        self._rows = np.empty((len(inputs), BLOCK))
        self._spare = np.empty(BLOCK)
        self._place = {each.symbol: place for place, each in enumerate(inputs)}
        groups = correlated_groups(inputs, correlations)
        grouped = {each.symbol for group in groups for each in group}
        self._fillings = [
            (self._place[each.symbol], self._filling(each))
            for each in inputs
            if each.symbol not in grouped
        ]
        self._groups = [
            (
                [self._place[each.symbol] for each in group],
                [each.estimate for each in group],
                _factor(group, correlations),
                min(each.degrees_of_freedom for each in group)
                if len({each.degrees_of_freedom for each in group}) == 1
                else math.inf,
            )
            for group in groups
        ]

    def block(self, count: int) -> Mapping[str, Floats]:
        """Draw `count` values of each input, at most `BLOCK`; the next block overwrites them."""
        rows = self._rows[:, :count]
        for place, fill in self._fillings:
            fill(rows[place])
        for places, estimates, factor, free in self._groups:
            joint = factor @ self._random.standard_normal((len(places), count))
            if math.isfinite(free):
                joint *= np.sqrt(free / self._random.chisquare(free, count))
            for place, estimate, values in zip(places, estimates, joint, strict=True):
                np.add(values, estimate, out=rows[place])
        return {symbol: rows[place] for symbol, place in self._place.items()}

    def _filling(self, given: Input) -> _Filling:
        if not given.uncertainty:
            return lambda out: out.fill(given.estimate)
        match given.distribution:
            case Distribution.NORMAL if math.isinf(given.degrees_of_freedom):
                return self._normal(given)
            case Distribution.NORMAL:
                return self._student(given)
            case Distribution.RECTANGULAR if given.inexactness:
                return self._curvilinear(given)
            case Distribution.RECTANGULAR:
                return self._rectangular(given)
            case Distribution.TRIANGULAR:
                return self._trapezoidal(given, 0.0)
            case Distribution.TRAPEZOIDAL:
                return self._trapezoidal(given, given.shape)
            case Distribution.ARCSINE:
                return self._arcsine(given)

    def _normal(self, given: Input) -> _Filling:
        def fill(out: Floats) -> None:
            self._random.standard_normal(out=out)
            np.multiply(out, given.uncertainty, out=out)
            np.add(out, given.estimate, out=out)

        return fill

    def _student(self, given: Input) -> _Filling:
        def fill(out: Floats) -> None:
            drawn = self._random.standard_t(given.degrees_of_freedom, len(out))
            np.multiply(drawn, given.uncertainty, out=out)
            np.add(out, given.estimate, out=out)

        return fill

    def _rectangular(self, given: Input) -> _Filling:
        width, low = 2.0 * given.half_width, given.estimate - given.half_width

        def fill(out: Floats) -> None:
            self._random.random(out=out)
            np.multiply(out, width, out=out)
            np.add(out, low, out=out)

        return fill

    def _curvilinear(self, given: Input) -> _Filling:
        """Draw a rectangle whose bounds are known to ± d (JCGM 101:2008, 6.4.3.4)."""
        largest, known_to = given.half_width + given.inexactness, 2.0 * given.inexactness

        def fill(out: Floats) -> None:
            half = self._random.random(out=self._spare[: len(out)])
            np.multiply(half, -known_to, out=half)
            np.add(half, largest, out=half)
            self._random.random(out=out)
            np.multiply(out, 2.0, out=out)
            np.subtract(out, 1.0, out=out)
            np.multiply(out, half, out=out)
            np.add(out, given.estimate, out=out)

        return fill

    def _trapezoidal(self, given: Input, beta: float) -> _Filling:
        """Draw the sum of a wide and a narrow rectangle (JCGM 101:2008, 6.4.4.4)."""
        half = given.half_width
        wide, narrow = half * (1.0 + beta), half * (1.0 - beta)
        low = given.estimate - half

        def fill(out: Floats) -> None:
            other = self._random.random(out=self._spare[: len(out)])
            np.multiply(other, narrow, out=other)
            self._random.random(out=out)
            np.multiply(out, wide, out=out)
            np.add(out, other, out=out)
            np.add(out, low, out=out)

        return fill

    def _arcsine(self, given: Input) -> _Filling:
        """Draw a swing at a random phase (JCGM 101:2008, 6.4.6.4)."""
        amplitude = given.half_width

        def fill(out: Floats) -> None:
            self._random.random(out=out)
            np.multiply(out, 2.0 * math.pi, out=out)
            np.sin(out, out=out)
            np.multiply(out, amplitude, out=out)
            np.add(out, given.estimate, out=out)

        return fill


def _factor(group: Sequence[Input], correlations: Correlations) -> Floats:
    """Factorise the covariance; correlations of ±1 and sums of others are allowed."""
    place = {each.symbol: index for index, each in enumerate(group)}
    matrix = np.eye(len(group))
    for (one, other), coefficient in correlations.items():
        if one in place:
            matrix[place[one], place[other]] = matrix[place[other], place[one]] = coefficient
    values, vectors = np.linalg.eigh(matrix)
    if values[0] < -1e-9 * len(group):
        symbols = ", ".join(place)
        raise ValueError(f"no quantities {symbols} have these correlations with each other")
    root: Floats = vectors * np.sqrt(np.maximum(values, 0.0))
    sizes: Floats = np.array([each.uncertainty for each in group])
    return sizes[:, None] * root

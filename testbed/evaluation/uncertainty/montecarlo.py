"""Propagation of distributions by a Monte Carlo method (JCGM 101:2008, clause 7)."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from testbed.evaluation.integration import Floats
from testbed.evaluation.uncertainty.coverage import ABOUT_95
from testbed.evaluation.uncertainty.drawing import BLOCK, Draws
from testbed.evaluation.uncertainty.functions import Number
from testbed.evaluation.uncertainty.quantities import Correlations, Distribution, Input

__all__ = ["SEED", "Deviations", "Simulation", "simulate"]

SEED = 20080101

# Draws of one run: its quantiles are found in the cache, and those of all runs are averaged.
_RUN = 100_000
# Of few draws there are still so many runs, which tell how far their averages are known.
_RUNS = 10
_MOST = 10_000_000
# JCGM 101:2008, 7.9.4 a): so many draws lie outside the interval, at least.
_OUTSIDE = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviations:
    """Standard uncertainties that come from the number of draws (JCGM 101:2008, 7.9.4).

    Attributes
    ----------
    estimate, uncertainty, low, high
        Standard deviations of the averages over all runs [unit of the result]; infinite with
        one run.
    """

    estimate: float
    uncertainty: float
    low: float
    high: float

    @property
    def largest(self) -> float:
        """The largest of the four."""
        return max(self.estimate, self.uncertainty, self.low, self.high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What the draws of a model say.

    Attributes
    ----------
    seed, draws
        What repeats it to the bit.
    estimate, uncertainty
        Mean and standard deviation of the draws; None where the distributions of the inputs have
        none: Student's t has no mean with 1 degree of freedom, and no deviation with 2.
    probability
        Of the intervals (0..1).
    symmetric
        Probabilistically symmetric coverage interval: as likely below it as above.
    shortest
        Shortest coverage interval.
    deviations
        How far these are known, of the symmetric interval.
    stable
        Whether the tolerance that was asked for was reached.
    """

    seed: int
    draws: int
    estimate: float | None
    uncertainty: float | None
    probability: float
    symmetric: tuple[float, float]
    shortest: tuple[float, float]
    deviations: Deviations
    stable: bool = True


def simulate(
    model: Callable[..., Number],
    inputs: Sequence[Input],
    *,
    correlations: Correlations | None = None,
    probability: float = ABOUT_95,
    draws: int = 1_000_000,
    seed: int = SEED,
    tolerance: float | None = None,
    most: int = _MOST,
) -> Simulation:
    """Draw the inputs, evaluate the model, and read estimate, deviation and intervals.

    Memory does not grow with the draws.

    Parameters
    ----------
    model
        Of the inputs by symbol, evaluated with arrays.
    probability
        Of the intervals (0..1).
    draws
        How many; without a tolerance exactly so many, with one at least.
    seed
        Equal seeds give equal results to the bit, with the same version of numpy.
    tolerance
        Draw on until twice the standard uncertainty of estimate, deviation and ends of the
        symmetric interval is at most this [unit of the result].
    most
        Stop there in any case; then `stable` says whether it was enough.

    Raises
    ------
    ValueError
        The draws are too few for the probability, or the model has no finite value at one.

    References
    ----------
    JCGM 101:2008, 7.2 to 7.7, and 7.9 for the tolerance.
    """
    if not 0.0 < probability < 1.0:
        raise ValueError(f"a coverage probability of {probability}")
    least = math.ceil(_OUTSIDE / (1.0 - probability))
    if draws < least:
        raise ValueError(f"{draws} draws are too few for a probability of {probability}")
    given = Draws(inputs, correlations or {}, seed)
    runs = max(draws // max(min(_RUN, draws // _RUNS), least), 1)
    ends = [draws * run // runs for run in range(runs + 1)]
    output = np.empty(math.ceil(draws / runs))
    tally = _Tally(probability)
    for start, end in pairwise(ends):
        tally.add(_evaluated(model, given, output[: end - start]))
    while tolerance is not None and not tally.stable(tolerance):
        if tally.draws + len(output) > most:
            break
        tally.add(_evaluated(model, given, output))
    mean, deviation = tally.moments(inputs)
    return Simulation(
        seed=seed,
        draws=tally.draws,
        estimate=mean,
        uncertainty=deviation,
        probability=probability,
        symmetric=tally.average(2),
        shortest=tally.average(4),
        deviations=tally.deviations(),
        stable=tolerance is None or tally.stable(tolerance),
    )


def _evaluated(model: Callable[..., Number], given: Draws, output: Floats) -> Floats:
    with np.errstate(all="ignore"):
        for start in range(0, len(output), BLOCK):
            block = output[start : start + BLOCK]
            block[:] = model(**given.block(len(block)))
    return output


class _Tally:
    """What is kept of each run: mean, deviation, and the ends of both intervals."""

    def __init__(self, probability: float) -> None:
        self._probability = probability
        self._runs: list[tuple[float, ...]] = []
        self.draws = 0

    def add(self, values: Floats) -> None:
        """Take one run; its values are put into another order."""
        finite = int(np.count_nonzero(np.isfinite(values)))
        if finite < len(values):
            missing = len(values) - finite
            raise ValueError(f"the model has no finite value at {missing} of {len(values)} draws")
        mean, deviation = float(np.mean(values)), float(np.std(values, ddof=1))
        self._runs.append((mean, deviation, *_intervals(values, self._probability)))
        self.draws += len(values)

    def average(self, place: int) -> tuple[float, float]:
        """Average two neighbouring figures over the runs."""
        low, high = np.mean([run[place : place + 2] for run in self._runs], axis=0)
        return float(low), float(high)

    def moments(self, inputs: Sequence[Input]) -> tuple[float | None, float | None]:
        """Give mean and standard deviation of all draws, where they exist."""
        free = min(
            (
                each.degrees_of_freedom
                for each in inputs
                if each.distribution is Distribution.NORMAL and each.uncertainty
            ),
            default=math.inf,
        )
        means = np.array([run[0] for run in self._runs])
        squares = np.array([run[1] for run in self._runs]) ** 2
        variance = float(np.mean(squares) + np.mean((means - np.mean(means)) ** 2))
        return (
            float(np.mean(means)) if free > 1.0 else None,
            math.sqrt(variance) if free > 2.0 else None,
        )

    def deviations(self) -> Deviations:
        """Give the standard deviations of the averages."""
        count = len(self._runs)
        if count < 2:
            return Deviations(estimate=math.inf, uncertainty=math.inf, low=math.inf, high=math.inf)
        found = np.std([run[:4] for run in self._runs], axis=0, ddof=1) / math.sqrt(count)
        estimate, uncertainty, low, high = (float(each) for each in found)
        return Deviations(estimate=estimate, uncertainty=uncertainty, low=low, high=high)

    def stable(self, tolerance: float) -> bool:
        """Tell whether the averages are known to the tolerance (JCGM 101:2008, 7.9.4 i)."""
        return 2.0 * self.deviations().largest <= tolerance


def _intervals(values: Floats, probability: float) -> tuple[float, float, float, float]:
    """Find the symmetric and the shortest interval (JCGM 101:2008, 7.7.2 and 7.7.4).

    Both have their ends in the tails, so that only these need to be in order.
    """
    inside = min(max(math.floor(probability * len(values) + 0.5), 1), len(values) - 1)
    tail = len(values) - inside
    if 2 * tail < len(values):
        # One after the other: numpy finds two places at once five times as slowly.
        values.partition(tail)
        values[tail:].partition(inside - 1 - tail)
        values[:tail].sort()
        values[inside:].sort()
    else:
        values.sort()
    lower, upper = values[:tail], values[inside:]
    middle = (tail - 1) // 2
    narrowest = int(np.argmin(upper - lower))
    return (
        float(lower[middle]),
        float(upper[middle]),
        float(lower[narrowest]),
        float(upper[narrowest]),
    )

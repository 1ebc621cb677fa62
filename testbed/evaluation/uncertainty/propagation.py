"""Propagation of uncertainty through a model, by GTC, and its validation by simulation."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from testbed.evaluation.uncertainty.budget import (
    Budget,
    Check,
    Correlation,
    Obtaining,
    Row,
    SecondOrder,
)
from testbed.evaluation.uncertainty.coverage import (
    ABOUT_95,
    Coverage,
    dominated,
    numerical_tolerance,
    student_factor,
    trapezoidal_factor,
    truncated,
)
from testbed.evaluation.uncertainty.first_order import FirstOrder, first_order
from testbed.evaluation.uncertainty.functions import Number
from testbed.evaluation.uncertainty.montecarlo import SEED, Simulation, simulate
from testbed.evaluation.uncertainty.quantities import Correlations, Distribution, Input
from testbed.evaluation.uncertainty.series import second_order_terms

__all__ = ["Joint", "propagate", "propagate_together"]

DRAWS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """Several results of the same inputs.

    Attributes
    ----------
    budgets
        One for each result, by its measurand.
    correlations
        Correlation coefficients of each two results.
    """

    budgets: Mapping[str, Budget]
    correlations: Correlations


def propagate(
    model: Callable[..., Number],
    inputs: Iterable[Input],
    *,
    correlations: Correlations | None = None,
    measurand: str = "",
    unit: str = "1",
    probability: float = ABOUT_95,
    second_order: bool = False,
    dominant_shape: bool = False,
    draws: int | None = DRAWS,
    seed: int = SEED,
    digits: int = 1,
    shortest: bool = False,
) -> Budget:
    """Evaluate a model of uncertain inputs, and validate what first order says of it.

    Parameters
    ----------
    model
        Of the inputs by symbol, in arithmetic and the functions of this package. It is evaluated
        with numbers, with uncertain numbers and with arrays of draws, and must not decide on them.
    inputs
        With different symbols.
    correlations
        Of pairs of inputs; those that are not named are independent.
    probability
        Of the coverage interval; 0.9545 is that of k = 2 for a normal result.
    second_order
        Whether to add the second-order terms to u_c² (inputs independent). Degrees of freedom stay
        those of first order.
    dominant_shape
        Whether k may be that of a rectangle or trapezoid, where one or two rectangular inputs
        dominate (EA-4/02 M:2022, S9.14 and S10.13).
    draws
        Of the simulation that validates; None asks for no validation.
    seed
        Of the simulation.
    digits
        Digits of u that are meaningful, 1 or 2: what the validation asks for.
    shortest
        Whether a simulated interval is the shortest one, not the probabilistically symmetric one.

    Returns
    -------
    Budget
        Where validation fails, estimate, uncertainty and interval are those of the simulation.

    Raises
    ------
    ValueError
        Symbols are not those of the model, correlations are impossible, or the model has no finite
        value at the estimates or at a draw.

    References
    ----------
    JCGM 100:2008 (GUM), 5.1, 5.2 and annex G; JCGM 101:2008, clauses 7 and 8.
    """
    given = tuple(inputs)
    pairs = _pairs(given, correlations or {})
    (found,) = first_order({measurand: model}, given, pairs).values()
    terms: Mapping[tuple[str, str], float] = {}
    if second_order:
        if pairs:
            raise ValueError("second-order terms are known for independent inputs only")
        terms = second_order_terms(model, given)
    budget = _budget(found, given, pairs, terms, measurand, unit, probability, dominant_shape)
    if draws is None or budget.uncertainty == 0.0:
        return budget
    simulation = simulate(
        model, given, correlations=pairs, probability=probability, draws=draws, seed=seed
    )
    return _validated(budget, simulation, digits, shortest)


def propagate_together(
    models: Mapping[str, Callable[..., Number]],
    inputs: Iterable[Input],
    *,
    correlations: Correlations | None = None,
    units: Mapping[str, str] | None = None,
    probability: float = ABOUT_95,
    draws: int | None = DRAWS,
    seed: int = SEED,
    digits: int = 1,
) -> Joint:
    """Evaluate several models of the same inputs, with the correlations of their results.

    Parameters
    ----------
    models
        By measurand.
    units
        Of the results by measurand, "1" where not given.

    Notes
    -----
    Else as `propagate`. JCGM 100:2008 (GUM), 5.2 and H.2; JCGM 102:2011, 6.2.
    """
    given = tuple(inputs)
    pairs = _pairs(given, correlations or {})
    found = first_order(models, given, pairs)
    budgets = {}
    for name, model in models.items():
        unit = (units or {}).get(name, "1")
        budget = _budget(found[name], given, pairs, {}, name, unit, probability, False)
        if draws is not None and budget.uncertainty > 0.0:
            simulation = simulate(
                model, given, correlations=pairs, probability=probability, draws=draws, seed=seed
            )
            budget = _validated(budget, simulation, digits, shortest=False)
        budgets[name] = budget
    names = list(models)
    between = {
        (one, other): found[one].correlations[other]
        for place, one in enumerate(names)
        for other in names[place + 1 :]
    }
    return Joint(budgets=budgets, correlations=between)


def _pairs(inputs: Sequence[Input], correlations: Correlations) -> dict[tuple[str, str], float]:
    """Check the correlations, and keep those that say something."""
    symbols = {each.symbol: each for each in inputs}
    if len(symbols) < len(inputs):
        raise ValueError("two inputs have the same symbol")
    kept: dict[tuple[str, str], float] = {}
    for (one, other), coefficient in correlations.items():
        if one not in symbols or other not in symbols:
            raise ValueError(f"a correlation of {one} and {other}, which are not both inputs")
        if one == other or (other, one) in kept:
            raise ValueError(f"a correlation of {one} and {other} is given twice or with itself")
        if not -1.0 <= coefficient <= 1.0:
            raise ValueError(f"a correlation of {coefficient} between {one} and {other}")
        if coefficient and symbols[one].uncertainty and symbols[other].uncertainty:
            kept[one, other] = float(coefficient)
    return kept


def _budget(
    found: FirstOrder,
    inputs: Sequence[Input],
    pairs: Correlations,
    terms: Mapping[tuple[str, str], float],
    measurand: str,
    unit: str,
    probability: float,
    dominant_shape: bool,
) -> Budget:
    variance = found.uncertainty**2 + math.fsum(terms.values())
    if variance < 0.0:
        raise ValueError("second-order terms take away more than first order has")
    uncertainty = math.sqrt(variance) if terms else found.uncertainty
    signed = {each.symbol: found.sensitivities[each.symbol] * each.uncertainty for each in inputs}
    coverage, factor = _factor(found, inputs, signed, probability, dominant_shape)
    expanded = factor * uncertainty
    return Budget(
        measurand=measurand,
        unit=unit,
        estimate=found.estimate,
        uncertainty=uncertainty,
        degrees_of_freedom=found.degrees_of_freedom,
        probability=probability,
        coverage=coverage,
        factor=factor,
        expanded=expanded,
        low=found.estimate - expanded,
        high=found.estimate + expanded,
        obtained=Obtaining.SECOND_ORDER if terms else Obtaining.FIRST_ORDER,
        rows=tuple(
            _row(each, found.sensitivities[each.symbol], signed[each.symbol], uncertainty)
            for each in inputs
        ),
        correlations=tuple(
            Correlation(
                first=one,
                second=other,
                coefficient=r,
                share=2.0 * r * _product(signed[one], signed[other], uncertainty),
            )
            for (one, other), r in pairs.items()
        ),
        second_order=tuple(
            SecondOrder(first=one, second=other, variance=term, share=100.0 * term / uncertainty**2)
            for (one, other), term in terms.items()
        ),
    )


def _row(given: Input, sensitivity: float, signed: float, combined: float) -> Row:
    return Row(
        symbol=given.symbol,
        name=given.name,
        unit=given.unit,
        estimate=given.estimate,
        uncertainty=given.uncertainty,
        kind=given.kind,
        distribution=given.distribution,
        degrees_of_freedom=given.degrees_of_freedom,
        sensitivity=sensitivity + 0.0,
        contribution=abs(signed),
        share=_product(signed, signed, combined),
    )


def _product(one: float, other: float, combined: float) -> float:
    """Relate the product of two contributions to u_c² [%], without squaring what is tiny."""
    return 100.0 * (one / combined) * (other / combined) if combined else 0.0


def _factor(
    found: FirstOrder,
    inputs: Sequence[Input],
    signed: Mapping[str, float],
    probability: float,
    dominant_shape: bool,
) -> tuple[Coverage, float]:
    if dominant_shape:
        rectangular = [
            abs(found.sensitivities[each.symbol]) * each.half_width
            if each.distribution is Distribution.RECTANGULAR
            else math.inf
            for each in inputs
        ]
        sizes = [abs(signed[each.symbol]) for each in inputs]
        coverage, beta = dominated(sizes, rectangular)
        if coverage is not Coverage.STUDENT:
            return coverage, trapezoidal_factor(probability, beta)
    free = found.degrees_of_freedom
    if free is None:
        free = min(each.degrees_of_freedom for each in inputs if signed[each.symbol])
    return Coverage.STUDENT, student_factor(probability, truncated(free))


def _validated(budget: Budget, simulation: Simulation, digits: int, shortest: bool) -> Budget:
    """Compare the intervals (JCGM 101:2008, 8.1); what fails is replaced by the simulation."""
    low, high = simulation.shortest if shortest else simulation.symmetric
    tolerance = numerical_tolerance(budget.uncertainty, digits)
    difference_low, difference_high = abs(budget.low - low), abs(budget.high - high)
    check = Check(
        holds=difference_low <= tolerance and difference_high <= tolerance,
        digits=digits,
        tolerance=tolerance,
        difference_low=difference_low,
        difference_high=difference_high,
        seed=simulation.seed,
        draws=simulation.draws,
        estimate=simulation.estimate,
        uncertainty=simulation.uncertainty,
        low=simulation.symmetric[0],
        high=simulation.symmetric[1],
        shortest_low=simulation.shortest[0],
        shortest_high=simulation.shortest[1],
        deviation_low=simulation.deviations.low,
        deviation_high=simulation.deviations.high,
    )
    if check.holds:
        return replace(budget, check=check)
    # Where the draws have no mean or deviation, their interval still is one.
    estimate = budget.estimate if simulation.estimate is None else simulation.estimate
    deviation = simulation.uncertainty
    uncertainty = budget.uncertainty if deviation is None else deviation
    expanded = max(high - estimate, estimate - low)
    return replace(
        budget,
        estimate=estimate,
        uncertainty=uncertainty,
        coverage=Coverage.SIMULATED,
        factor=expanded / uncertainty if uncertainty else budget.factor,
        expanded=expanded,
        low=low,
        high=high,
        obtained=Obtaining.MONTE_CARLO,
        check=check,
    )

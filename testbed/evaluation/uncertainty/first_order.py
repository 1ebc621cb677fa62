"""The law of propagation of uncertainty, evaluated by GTC."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from testbed.evaluation.uncertainty.functions import Number
from testbed.evaluation.uncertainty.quantities import Correlations, Input

__all__ = ["FirstOrder", "correlated_groups", "first_order"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstOrder:
    """What first order says of one result.

    Attributes
    ----------
    estimate, uncertainty
        Value of the model at the estimates, and u_c.
    degrees_of_freedom
        Effective ones; None where correlated inputs do not share theirs.
    sensitivities
        Partial derivatives by symbol.
    correlations
        With each result that was evaluated together with this one, by its name.
    """

    estimate: float
    uncertainty: float
    degrees_of_freedom: float | None
    sensitivities: Mapping[str, float]
    correlations: Mapping[str, float]


def first_order(
    models: Mapping[str, Callable[..., Number]],
    inputs: Sequence[Input],
    correlations: Correlations,
) -> dict[str, FirstOrder]:
    """Evaluate models of the same inputs to first order.

    Parameters
    ----------
    correlations
        Of pairs of inputs, none with a coefficient of 0. Inputs that are correlated and have the
        same degrees of freedom count as observed together: their effective degrees of freedom are
        those of the ensemble.

    Raises
    ------
    ValueError
        A model has no finite value at the estimates.

    References
    ----------
    JCGM 100:2008 (GUM), 5.1, 5.2 and G.4; R. Willink, Metrologia 44 (2007) 340 (ensembles).
    """
    groups = correlated_groups(inputs, correlations)
    numbers = _uncertain_numbers(inputs, groups, correlations)
    results = {name: model(**numbers) for name, model in models.items()}
    exact = [each for each in inputs if each.uncertainty == 0.0]
    return {
        name: FirstOrder(
            estimate=_finite(name, result),
            uncertainty=_uncertainty(result),
            degrees_of_freedom=_degrees_of_freedom(result, numbers, groups),
            sensitivities=_sensitivities(result, inputs, numbers)
            | _of_exact(models[name], inputs, exact),
            correlations={other: _correlation(result, results[other]) for other in results},
        )
        for name, result in results.items()
    }


def correlated_groups(
    inputs: Sequence[Input], correlations: Correlations
) -> tuple[tuple[Input, ...], ...]:
    """Collect the inputs that hang together by correlations, in the order of the inputs."""
    group_of = {each.symbol: {each.symbol} for each in inputs}
    for one, other in correlations:
        joined = group_of[one] | group_of[other]
        for symbol in joined:
            group_of[symbol] = joined
    groups = {
        tuple(each for each in inputs if each.symbol in group_of[first.symbol]): None
        for first in inputs
    }
    return tuple(group for group in groups if len(group) > 1)


def _shared(group: Sequence[Input]) -> float | None:
    """Give the degrees of freedom that all of a group have, if they have the same."""
    found = {each.degrees_of_freedom for each in group}
    return found.pop() if len(found) == 1 else None


def _uncertain_numbers(
    inputs: Sequence[Input],
    groups: Sequence[Sequence[Input]],
    correlations: Correlations,
) -> dict[str, Number]:
    # Slow to import, and needed by nothing else.
    import GTC

    numbers: dict[str, Number] = {}
    for group in groups:
        shared = _shared(group)
        members = GTC.multiple_ureal(
            [each.estimate for each in group],
            [each.uncertainty for each in group],
            math.inf if shared is None else shared,
        )
        numbers |= {each.symbol: member for each, member in zip(group, members, strict=True)}
    for each in inputs:
        if each.symbol not in numbers:
            numbers[each.symbol] = (
                GTC.ureal(each.estimate, each.uncertainty, each.degrees_of_freedom)
                if each.uncertainty
                else GTC.constant(each.estimate)
            )
    for (one, other), coefficient in correlations.items():
        GTC.set_correlation(coefficient, numbers[one], numbers[other])
    return numbers


def _finite(name: str, result: Number) -> float:
    value = float(result.x if hasattr(result, "x") else result)
    if not math.isfinite(value):
        raise ValueError(f"the model of {name!r} is {value} at the estimates")
    return value


def _uncertainty(result: Number) -> float:
    return float(result.u) if hasattr(result, "u") else 0.0


def _degrees_of_freedom(
    result: Number, numbers: Mapping[str, Any], groups: Sequence[Sequence[Input]]
) -> float | None:
    import GTC

    if not _uncertainty(result):
        return math.inf
    for group in groups:
        contributes = any(GTC.reporting.u_component(result, numbers[each.symbol]) for each in group)
        if contributes and _shared(group) is None:
            return None
    return float(result.df)


def _sensitivities(
    result: Number, inputs: Sequence[Input], numbers: Mapping[str, Any]
) -> dict[str, float]:
    import GTC

    if not _uncertainty(result):
        return {each.symbol: 0.0 for each in inputs}
    return {
        each.symbol: float(GTC.reporting.u_component(result, numbers[each.symbol]))
        / each.uncertainty
        for each in inputs
        if each.uncertainty
    }


def _of_exact(
    model: Callable[..., Number], inputs: Sequence[Input], exact: Sequence[Input]
) -> dict[str, float]:
    """Differentiate by the inputs that are exact, which say nothing of it as they are."""
    import GTC

    if not exact:
        return {}
    numbers: dict[str, Number] = {each.symbol: each.estimate for each in inputs}
    numbers |= {each.symbol: GTC.ureal(each.estimate, 1.0) for each in exact}
    result = model(**numbers)
    if not _uncertainty(result):
        return {each.symbol: 0.0 for each in exact}
    return {
        each.symbol: float(GTC.reporting.u_component(result, numbers[each.symbol]))
        for each in exact
    }


def _correlation(one: Number, other: Number) -> float:
    import GTC

    if not (_uncertainty(one) and _uncertainty(other)):
        return 0.0
    return float(GTC.get_correlation(one, other))

"""Where the search for the parameters of a circuit begins.

A part of a circuit is scaled as a whole when its resistances grow and its capacitances shrink by
one factor. For time constants that were drawn, the factors that fit best are a linear problem, so
that only the shapes of the parts have to be guessed.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from testbed.evaluation.equivalent_circuit import (
    Circuit,
    Complexes,
    Element,
    Node,
    Parallel,
    Quantity,
    elements,
    impedance_of,
)
from testbed.evaluation.integration import Floats

__all__ = ["Span", "starting_points"]

_DRAWN = 40  # candidates for each start that is followed
_LEAST = 1e-3  # factor that a part keeps where the data want it gone
_GROWS = (Quantity.RESISTANCE, Quantity.INDUCTANCE, Quantity.WARBURG)
_SHRINKS = (Quantity.CAPACITANCE, Quantity.CONSTANT_PHASE)

Values = dict[str, float]


@dataclass(frozen=True, slots=True)
class Span:
    """Where a parameter is looked for.

    Attributes
    ----------
    low, high
        Between these it is drawn, evenly in its logarithm.
    outer
        Ends of the range that the search may reach.
    plain
        Whether it is drawn evenly as it is.
    """

    name: str
    low: float
    high: float
    outer: tuple[float, float]
    plain: bool = False


def starting_points(
    circuit: Circuit,
    frequency: Floats,
    measured: Complexes,
    weights: Floats,
    fixed: Mapping[str, float],
    spans: Sequence[Span],
    given: Mapping[str, float],
    count: int,
    seed: int,
) -> Iterator[Values]:
    """Give the best of many drawn sets of parameters; the given ones alone where they are all.

    Parameters
    ----------
    weights
        Of each point [1/ohm].
    spans
        Of the parameters that are fitted.
    given
        Parameters to begin with; those left out are drawn.
    """
    random = np.random.default_rng(seed)
    w = 2.0 * np.pi * frequency
    known = {**fixed, **given}
    if all(span.name in known for span in spans):
        yield known
        return
    candidates: list[tuple[float, Values]] = []
    for _ in range(_DRAWN * count):
        values = {**{s.name: _drawn(s, random.random()) for s in spans}, **known}
        _tune(circuit.root, values, known, w, random)
        _scale(circuit.root, values, known, w, measured, weights)
        off = (circuit.impedance(frequency, values) - measured) * weights
        cost = float(np.sum(np.abs(off) ** 2))
        if math.isfinite(cost):
            candidates.append((cost, values))
    candidates.sort(key=lambda each: each[0])
    for _, values in candidates[:count]:
        yield values


def _drawn(span: Span, share: float) -> float:
    if span.plain:
        return span.low + share * (span.high - span.low)
    return float(span.low * (span.high / span.low) ** share)


def _tune(
    node: Node,
    values: Values,
    fixed: Mapping[str, float],
    w: Floats,
    random: np.random.Generator,
) -> None:
    """Bring the time constants of pairs in parallel into the spectrum."""
    if isinstance(node, Element):
        return
    for part in node.parts:
        _tune(part, values, fixed, w, random)
    if not isinstance(node, Parallel):
        return
    resistances = [e.name for e in elements(node) if e.kind == "R"]
    if not resistances:
        return
    ohms = values[resistances[0]]
    for part in node.parts:
        if not isinstance(part, Element) or part.parameters[0].name in fixed:
            continue
        tau = float((w[-1] / w[0]) ** random.random() / w[-1])
        name = part.parameters[0].name
        if part.kind == "C":
            values[name] = tau / ohms
        elif part.kind == "CPE":
            values[name] = tau ** values[part.parameters[1].name] / ohms
        elif part.kind == "L":
            values[name] = tau * ohms


def _scale(
    root: Node,
    values: Values,
    fixed: Mapping[str, float],
    w: Floats,
    measured: Complexes,
    weights: Floats,
) -> None:
    """Multiply each part of the root by the factor that fits the data best.

    Parts in series add up as impedances, parts in parallel as admittances.
    """
    from scipy.optimize import nnls  # half a second, which lists of methods need not

    parts = (root,) if isinstance(root, Element) else root.parts
    loose = [part for part in parts if not _holds(part, fixed)]
    if not loose:
        return
    power = -1 if isinstance(root, Parallel) else 1
    # An error of the admittance is that of the impedance over its square.
    weighed = weights * np.abs(measured) ** (1 - power)
    kept = sum(
        (impedance_of(part, w, values) ** power for part in parts if part not in loose),
        np.zeros(len(w), complex),
    )
    columns = np.column_stack([impedance_of(p, w, values) ** power * weighed for p in loose])
    wanted = (measured**power - kept) * weighed
    matrix = np.concatenate((columns.real, columns.imag))
    if not np.all(np.isfinite(matrix)):
        return
    factors, _ = nnls(matrix, np.concatenate((wanted.real, wanted.imag)))
    for part, factor in zip(loose, factors, strict=True):
        grown = max(factor, _LEAST) ** power
        for parameter in (p for e in elements(part) for p in e.parameters):
            if parameter.quantity in _GROWS:
                values[parameter.name] *= grown
            elif parameter.quantity in _SHRINKS:
                values[parameter.name] /= grown


def _holds(part: Node, fixed: Mapping[str, float]) -> bool:
    """Tell whether a part's size is held by a parameter that is fixed."""
    return any(
        p.name in fixed and p.quantity in (*_GROWS, *_SHRINKS)
        for e in elements(part)
        for p in e.parameters
    )

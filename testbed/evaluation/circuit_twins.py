"""Parts of a circuit that could change places, put into one order.

Two RC pairs in series give the same impedance whichever is called the first. So that a fit has one
answer, such parts stand in the order of falling time constants.
"""

from collections.abc import Mapping
from functools import partial

from testbed.evaluation.equivalent_circuit import (
    Element,
    Node,
    Parallel,
    Quantity,
    elements,
)

__all__ = ["in_order"]


def in_order(
    root: Node, values: Mapping[str, float], *, keep: frozenset[str] = frozenset()
) -> dict[str, float]:
    """Give the values with interchangeable parts in the order of falling time constants.

    Parameters
    ----------
    values
        Every parameter by its name.
    keep
        Parameters that are fixed: a part with one of them stays where it is.
    """
    found = dict(values)
    if isinstance(root, Element):
        return found
    for part in root.parts:
        found = in_order(part, found, keep=keep)
    groups: dict[str, list[Node]] = {}
    for part in root.parts:
        if not keep & set(_names(part)):
            groups.setdefault(_shape(part), []).append(part)
    for twins in groups.values():
        ranked = sorted(twins, key=partial(_slowness, values=found), reverse=True)
        taken = [[found[name] for name in _names(part)] for part in ranked]
        for part, numbers in zip(twins, taken, strict=True):
            found |= dict(zip(_names(part), numbers, strict=True))
    return found


def _names(part: Node) -> list[str]:
    return [p.name for element in elements(part) for p in element.parameters]


def _shape(part: Node) -> str:
    """Write down how a part is built, without the names of its elements."""
    if isinstance(part, Element):
        return part.kind
    inner = ",".join(_shape(each) for each in part.parts)
    return f"{'p' if isinstance(part, Parallel) else 's'}({inner})"


def _slowness(part: Node, values: Mapping[str, float]) -> float:
    """Give the time constant of a part [s], or what stands for one where it has none."""
    held = {
        quantity: [
            values[p.name] for e in elements(part) for p in e.parameters if p.quantity is quantity
        ]
        for quantity in Quantity
    }
    if held[Quantity.TIME]:
        return held[Quantity.TIME][0]
    sizes = held[Quantity.RESISTANCE] or [1.0]
    if held[Quantity.CAPACITANCE]:
        return sizes[0] * held[Quantity.CAPACITANCE][0]
    if held[Quantity.CONSTANT_PHASE]:
        return float((sizes[0] * held[Quantity.CONSTANT_PHASE][0]) ** (
            1.0 / max(held[Quantity.EXPONENT][0], 1e-3)
        ))  # fmt: skip
    if held[Quantity.INDUCTANCE]:
        return held[Quantity.INDUCTANCE][0] / sizes[0]
    return (held[Quantity.WARBURG] or sizes)[0]

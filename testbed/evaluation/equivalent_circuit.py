"""Equivalent circuits: read from text, and their impedance at any frequency.

A circuit is written like ``R0-p(R1,C1)-Wo1``: a dash joins in series, ``p(…,…)`` in parallel, and
both nest. An element is its kind and a number that may be left out; no two have the same name.

====  ============================================  =====================================
kind  impedance at the angular frequency w          parameters of an element, such as X1
====  ============================================  =====================================
R     R                                             ``R1`` [ohm]
L     j w L                                         ``L1`` [H]
C     1 / (j w C)                                   ``C1`` [F]
CPE   1 / (Q (j w)^n)                               ``CPE1.Q`` [S s^n], ``CPE1.n`` [1]
W     A (1 - j) / sqrt(w)                           ``W1`` [ohm s^-1/2]
Wo    Z0 coth(sqrt(j w tau)) / sqrt(j w tau)        ``Wo1.Z0`` [ohm], ``Wo1.tau`` [s]
Ws    Z0 tanh(sqrt(j w tau)) / sqrt(j w tau)        ``Ws1.Z0`` [ohm], ``Ws1.tau`` [s]
====  ============================================  =====================================

W is diffusion into an unbounded layer, Wo into one that ends at a wall, Ws into one that ends at
a reservoir.

References
----------
E. Barsoukov, J. R. Macdonald (eds.), Impedance Spectroscopy, 3rd ed., Wiley 2018, 2.1 and 2.2.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from testbed.evaluation.integration import Floats

__all__ = [
    "Circuit",
    "CircuitError",
    "Complexes",
    "Element",
    "Node",
    "Parallel",
    "Parameter",
    "Quantity",
    "Series",
    "impedance_of",
    "read_circuit",
]

Complexes = NDArray[np.complex128]

_LONGEST, _DEEPEST = 400, 20
_NAME = re.compile(r"(CPE|Wo|Ws|W|R|L|C)(\d*)(?![A-Za-z0-9])")


class CircuitError(ValueError):
    """A text that is no circuit; the message tells where."""


class Quantity(StrEnum):
    """What a parameter is, and with it how it moves when an impedance is multiplied."""

    RESISTANCE = "resistance"
    INDUCTANCE = "inductance"
    CAPACITANCE = "capacitance"
    CONSTANT_PHASE = "constant phase"
    EXPONENT = "exponent"
    WARBURG = "Warburg"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a circuit has.

    Attributes
    ----------
    unit
        In UDUNITS spelling; of a constant-phase element "S s^n".
    """

    name: str
    unit: str
    quantity: Quantity


@dataclass(frozen=True, slots=True)
class Element:
    """A part of a kind in the table above, and its name in the circuit."""

    kind: str
    name: str

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its parameters, in the order of the table."""
        return tuple(
            Parameter(f"{self.name}.{suffix}" if suffix else self.name, unit, quantity)
            for suffix, unit, quantity in _KINDS[self.kind].parameters
        )


@dataclass(frozen=True, slots=True)
class Series:
    """Parts that carry the same current."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Parallel:
    """Parts under the same voltage."""

    parts: tuple["Node", ...]


Node = Element | Series | Parallel


@dataclass(frozen=True, slots=True)
class _Kind:
    parameters: tuple[tuple[str, str, Quantity], ...]
    law: Callable[..., Complexes]


def _diffusion(w: Floats, tau: float) -> Complexes:
    return np.asarray(np.sqrt(1j * w * tau), dtype=np.complex128)


def _walled(w: Floats, z0: float, tau: float) -> Complexes:
    s = _diffusion(w, tau)
    return np.asarray(z0 / (s * np.tanh(s)), dtype=np.complex128)


def _drained(w: Floats, z0: float, tau: float) -> Complexes:
    s = _diffusion(w, tau)
    return np.asarray(z0 * np.tanh(s) / s, dtype=np.complex128)


_KINDS: Mapping[str, _Kind] = {
    "R": _Kind((("", "ohm", Quantity.RESISTANCE),), lambda w, r: np.full(len(w), r, complex)),
    "L": _Kind((("", "H", Quantity.INDUCTANCE),), lambda w, h: 1j * w * h),
    "C": _Kind((("", "F", Quantity.CAPACITANCE),), lambda w, c: 1.0 / (1j * w * c)),
    "CPE": _Kind(
        (("Q", "S s^n", Quantity.CONSTANT_PHASE), ("n", "1", Quantity.EXPONENT)),
        lambda w, q, n: 1.0 / (q * (1j * w) ** n),
    ),
    "W": _Kind((("", "ohm s^-1/2", Quantity.WARBURG),), lambda w, a: a * (1.0 - 1j) / np.sqrt(w)),
    "Wo": _Kind((("Z0", "ohm", Quantity.RESISTANCE), ("tau", "s", Quantity.TIME)), _walled),
    "Ws": _Kind((("Z0", "ohm", Quantity.RESISTANCE), ("tau", "s", Quantity.TIME)), _drained),
}


@dataclass(frozen=True, slots=True)
class Circuit:
    """A circuit as it was read.

    Attributes
    ----------
    text
        As it was written, without spaces.
    root
        How its elements are joined.
    """

    text: str
    root: Node

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All parameters, in the order of the text."""
        return tuple(p for element in elements(self.root) for p in element.parameters)

    def impedance(self, frequency: ArrayLike, values: Mapping[str, float]) -> Complexes:
        """Give the impedance [ohm].

        Parameters
        ----------
        frequency
            Shape (n,), above zero [Hz].
        values
            Every parameter by its name.

        Raises
        ------
        KeyError
            A parameter is missing.
        """
        w = 2.0 * np.pi * np.atleast_1d(np.asarray(frequency, dtype=np.float64))
        return impedance_of(self.root, w, values)


def elements(node: Node) -> Iterator[Element]:
    """Walk over the elements below a node, in the order of the text."""
    if isinstance(node, Element):
        yield node
        return
    for part in node.parts:
        yield from elements(part)


def impedance_of(node: Node, w: Floats, values: Mapping[str, float]) -> Complexes:
    """Give the impedance [ohm] of a part of a circuit at angular frequencies [rad/s]."""
    if isinstance(node, Element):
        return _KINDS[node.kind].law(w, *(values[p.name] for p in node.parameters))
    parts = [impedance_of(part, w, values) for part in node.parts]
    if isinstance(node, Series):
        return np.asarray(sum(parts), dtype=np.complex128)
    return np.asarray(1.0 / sum(1.0 / part for part in parts), dtype=np.complex128)


def read_circuit(text: str) -> Circuit:
    """Read a circuit.

    Raises
    ------
    CircuitError
        The text is too long, nests too deeply, has an unknown element, or names one twice.
    """
    written = "".join(text.split())
    if not 0 < len(written) <= _LONGEST:
        raise CircuitError(f"a circuit has 1 to {_LONGEST} letters, not {len(written)}")
    root, end = _series(written, 0, 0)
    if end != len(written):
        raise _unexpected(written, end)
    names = [element.name for element in elements(root)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CircuitError(f"named more than once: {', '.join(twice)}")
    return Circuit(written, root)


def _series(text: str, at: int, depth: int) -> tuple[Node, int]:
    if depth > _DEEPEST:
        raise CircuitError(f"nested more than {_DEEPEST} deep")
    part, at = _part(text, at, depth)
    parts = [part]
    while text[at : at + 1] == "-":
        part, at = _part(text, at + 1, depth)
        parts.append(part)
    return (parts[0] if len(parts) == 1 else Series(tuple(parts))), at


def _part(text: str, at: int, depth: int) -> tuple[Node, int]:
    if text.startswith("p(", at):
        return _parallel(text, at + 2, depth)
    found = _NAME.match(text, at)
    if found is None:
        raise _unexpected(text, at)
    return Element(found[1], found[0]), found.end()


def _parallel(text: str, at: int, depth: int) -> tuple[Node, int]:
    part, at = _series(text, at, depth + 1)
    parts = [part]
    while text[at : at + 1] == ",":
        part, at = _series(text, at + 1, depth + 1)
        parts.append(part)
    if text[at : at + 1] != ")" or len(parts) < 2:
        raise _unexpected(text, at)
    return Parallel(tuple(parts)), at + 1


def _unexpected(text: str, at: int) -> CircuitError:
    found = repr(text[at]) if at < len(text) else "the end"
    return CircuitError(f"{found} was not expected at place {at + 1} of {text!r}")

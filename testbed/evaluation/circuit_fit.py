"""Parameters of an equivalent circuit from a measured spectrum.

Complex non-linear least squares: real and imaginary part together. Parameters above zero are
sought by their logarithms, which makes the problem the same in any unit. The search starts at many
places, each of which has its parts scaled to the data by a linear problem first.

References
----------
J. R. Macdonald, J. A. Garber, J. Electrochem. Soc. 124 (1977) 1022: complex least squares.
B. A. Boukamp, Solid State Ionics 20 (1986) 31: weights by the magnitude.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from testbed.evaluation.circuit_starts import Span, starting_points
from testbed.evaluation.circuit_twins import in_order
from testbed.evaluation.equivalent_circuit import (
    Circuit,
    Complexes,
    Parameter,
    Quantity,
    read_circuit,
)
from testbed.evaluation.integration import Floats

__all__ = ["Fitted", "Weighting", "fit_circuit"]

Weighting = Literal["modulus", "unit"]

_STEP = 1e-5  # of a logarithm, for the derivatives at the solution
_EDGE = 1e-6  # of a range: nearer to its end than this, a parameter is at its end
_UNKNOWN = 1e-3  # share of a parameter in a direction that the data do not determine


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A circuit with the parameters that fit best.

    Attributes
    ----------
    values
        Every parameter by its name, fixed ones included.
    deviations
        Standard deviation of each parameter that was fitted [its unit], from what the fit leaves
        over, or from the uncertainties that were given; infinite where the data determine nothing.
    chi_square
        Sum of the squared weighted residuals; with uncertainties, chi-square.
    degrees_of_freedom
        Two per point, less the parameters fitted.
    at_bounds
        Parameters that ended at an end of their range: the circuit does not need them.
    """

    circuit: Circuit
    values: Mapping[str, float]
    deviations: Mapping[str, float]
    chi_square: float
    degrees_of_freedom: int
    at_bounds: tuple[str, ...] = ()

    @property
    def residual(self) -> float:
        """Standard deviation of a weighted residual: with "modulus", a share of the magnitude."""
        return math.sqrt(self.chi_square / max(self.degrees_of_freedom, 1))

    def impedance(self, frequency: npt.ArrayLike) -> Complexes:
        """Give the impedance [ohm] of the fitted circuit at frequencies [Hz]."""
        return self.circuit.impedance(frequency, self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Problem:
    circuit: Circuit
    frequency: Floats
    measured: Complexes
    weights: Floats
    fixed: Mapping[str, float]
    free: tuple[Parameter, ...]
    low: Floats
    high: Floats

    def values(self, x: npt.ArrayLike) -> dict[str, float]:
        found = dict(self.fixed)
        for parameter, each in zip(self.free, np.asarray(x, dtype=np.float64), strict=True):
            found[parameter.name] = float(each if _is_plain(parameter) else math.exp(each))
        return found

    def place(self, values: Mapping[str, float]) -> Floats:
        """Give the place of parameters in the search, moved inside the ranges where needed."""
        x = [
            values[p.name] if _is_plain(p) else math.log(max(values[p.name], 1e-300))
            for p in self.free
        ]
        inside = 1e-9 * (self.high - self.low)
        return np.asarray(np.clip(np.array(x), self.low + inside, self.high - inside), np.float64)

    def residuals(self, x: Floats) -> Floats:
        off = self.circuit.impedance(self.frequency, self.values(x)) - self.measured
        both = np.concatenate((off.real, off.imag)) * np.concatenate((self.weights, self.weights))
        # A start may lie where numbers overflow; it is then no better than any other bad one.
        return np.asarray(np.nan_to_num(both, nan=1e6, posinf=1e6, neginf=-1e6), np.float64)

    def jacobian(self, x: Floats) -> Floats:
        columns = []
        for place in range(len(x)):
            step = np.zeros(len(x))
            step[place] = _STEP
            columns.append((self.residuals(x + step) - self.residuals(x - step)) / (2 * _STEP))
        return np.column_stack(columns)


def fit_circuit(
    circuit: Circuit | str,
    frequency: npt.ArrayLike,
    impedance: npt.ArrayLike,
    *,
    fixed: Mapping[str, float] | None = None,
    start: Mapping[str, float] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    weighting: Weighting = "modulus",
    uncertainty: npt.ArrayLike | None = None,
    starts: int = 12,
    seed: int = 1,
) -> Fitted:
    """Fit a circuit to a spectrum.

    Parameters
    ----------
    circuit
        As `read_circuit` gives it, or its text.
    frequency, impedance
        Shape (n,), in any order: above zero [Hz], and complex [ohm].
    fixed
        Parameters that are known, by name.
    start
        Where to begin, by name. Where parameters are left out, many values are tried for them.
    bounds
        Ends of a parameter's range, where the data's own are not wanted.
    weighting
        "modulus" weighs each point by 1/|Z|, "unit" all alike.
    uncertainty
        Standard uncertainty of each part of each impedance [ohm], a number or shape (n,); takes
        the place of `weighting`, and the deviations follow from it alone.
    starts
        How many starts are followed to the end.
    seed
        Of the generator that chooses starts.

    Returns
    -------
    Fitted
        Parts that could change places without changing the impedance, such as two RC pairs, stand
        in the order of falling time constants, unless one of their parameters was given.

    Raises
    ------
    CircuitError
        The text is no circuit.
    ValueError
        A name is unknown, a number is not finite, or there are too few points.
    """
    from scipy.optimize import least_squares  # half a second, which lists of methods need not

    read = read_circuit(circuit) if isinstance(circuit, str) else circuit
    problem = _problem(read, frequency, impedance, fixed or {}, bounds or {}, weighting,
                       uncertainty, {*(start or {})})  # fmt: skip
    if not problem.free:
        left = problem.residuals(np.zeros(0))
        return _told(problem, np.zeros(0), float(left @ left), uncertainty is not None)
    best, least = np.zeros(0), math.inf
    spans = [_span(p, problem.frequency, problem.measured) for p in problem.free]
    for values in starting_points(problem.circuit, problem.frequency, problem.measured,
                                  problem.weights, problem.fixed, spans, start or {},
                                  starts, seed):  # fmt: skip
        found = least_squares(
            problem.residuals, problem.place(values), bounds=(problem.low, problem.high),
            xtol=1e-12, ftol=1e-12, gtol=1e-12, max_nfev=400,
        )  # fmt: skip
        if 2.0 * found.cost < least:
            best, least = found.x, 2.0 * float(found.cost)
    if not start and not bounds:
        best = problem.place(in_order(read.root, problem.values(best), keep=frozenset(fixed or {})))
    return _told(problem, best, least, uncertainty is not None)


def _problem(
    circuit: Circuit,
    frequency: npt.ArrayLike,
    impedance: npt.ArrayLike,
    fixed: Mapping[str, float],
    bounds: Mapping[str, tuple[float, float]],
    weighting: Weighting,
    uncertainty: npt.ArrayLike | None,
    started: set[str],
) -> _Problem:
    f = np.asarray(frequency, dtype=np.float64)
    z = np.asarray(impedance, dtype=np.complex128)
    names = {p.name for p in circuit.parameters}
    unknown = sorted(({*fixed, *bounds} | started) - names)
    if unknown:
        raise ValueError(f"{', '.join(unknown)} unknown in {circuit.text}: {', '.join(names)}")
    if f.shape != z.shape or f.ndim != 1:
        raise ValueError(f"shapes differ: {f.shape} frequencies, {z.shape} impedances")
    if not (np.all(np.isfinite(z)) and np.all(np.isfinite(f)) and np.all(f > 0.0)):
        raise ValueError("a frequency or an impedance is not finite, or not above zero")
    if not np.all(np.abs(z) > 0.0):
        raise ValueError("an impedance is zero or below what numbers can hold")
    free = tuple(p for p in circuit.parameters if p.name not in fixed)
    if 2 * len(f) <= len(free):
        raise ValueError(f"{len(f)} points do not determine {len(free)} parameters")
    if uncertainty is not None:
        weights = 1.0 / np.broadcast_to(np.asarray(uncertainty, dtype=np.float64), f.shape)
    elif weighting == "modulus":
        weights = 1.0 / np.abs(z)
    else:
        weights = np.full(len(f), 1.0 / math.sqrt(float(np.mean(np.abs(z) ** 2))))
    if not (np.all(np.isfinite(weights)) and np.all(weights > 0.0)):
        raise ValueError("an uncertainty is not above zero, or not finite")
    order = np.lexsort((z.imag, z.real, f))
    ranges = [bounds.get(p.name) or _span(p, f, z).outer for p in free]
    edges = np.array([
        (low, high) if _is_plain(p) else (math.log(low), math.log(high))
        for p, (low, high) in zip(free, ranges, strict=True)
    ]).reshape(len(free), 2)  # fmt: skip
    return _Problem(
        circuit=circuit, frequency=f[order], measured=z[order], weights=weights[order],
        fixed=dict(fixed), free=free, low=edges[:, 0], high=edges[:, 1],
    )  # fmt: skip


def _is_plain(parameter: Parameter) -> bool:
    """Tell whether a parameter is sought as it is, and not by its logarithm."""
    return parameter.quantity is Quantity.EXPONENT


def _span(parameter: Parameter, f: Floats, z: Complexes) -> Span:
    """Tell where a parameter can show itself in a spectrum, and how far beyond it may lie."""
    small, large = float(np.min(np.abs(z))), float(np.max(np.abs(z)))
    slow, fast = 2 * math.pi * float(np.min(f)), 2 * math.pi * float(np.max(f))
    match parameter.quantity:
        case Quantity.EXPONENT:
            return Span(parameter.name, 0.5, 1.0, (0.0, 1.0), plain=True)
        case Quantity.RESISTANCE:
            low, high = 0.03 * small, 2.0 * large
        case Quantity.INDUCTANCE:
            low, high = 0.03 * small / fast, large / slow
        case Quantity.CAPACITANCE | Quantity.CONSTANT_PHASE:
            low, high = 1.0 / (large * fast), 30.0 / (small * slow)
        case Quantity.WARBURG:
            low, high = 0.03 * small * math.sqrt(slow), large * math.sqrt(fast)
        case Quantity.TIME:
            low, high = 1.0 / fast, 10.0 / slow
    return Span(parameter.name, low, high, (1e-4 * low, 1e4 * high))


def _told(problem: _Problem, x: Floats, chi_square: float, absolute: bool) -> Fitted:
    free = 2 * len(problem.frequency) - len(problem.free)
    values = problem.values(x)
    blank = Fitted(
        circuit=problem.circuit,
        values={p.name: values[p.name] for p in problem.circuit.parameters},
        deviations={},
        chi_square=chi_square,
        degrees_of_freedom=free,
    )
    if not len(x):
        return blank
    spread = _deviations(problem.jacobian(x)) * (1.0 if absolute else math.sqrt(chi_square / free))
    edge = _EDGE * (problem.high - problem.low)
    ended = (x - problem.low < edge) | (problem.high - x < edge)
    return replace(
        blank,
        deviations={
            p.name: float(each if _is_plain(p) else each * values[p.name])
            for p, each in zip(problem.free, spread, strict=True)
        },
        at_bounds=tuple(p.name for p, end in zip(problem.free, ended, strict=True) if end),
    )


def _deviations(jacobian: Floats) -> Floats:
    """Give the standard deviations for residuals of one; infinite where nothing is determined."""
    _, singular, directions = np.linalg.svd(jacobian, full_matrices=False)
    known = singular > singular[0] * 1e-9 if singular[0] > 0.0 else np.zeros(len(singular), bool)
    scaled = directions[known] / singular[known][:, None]
    found = np.sqrt(np.sum(scaled**2, axis=0))
    lost = np.any(np.abs(directions[~known]) > _UNKNOWN, axis=0)
    return np.where(lost, math.inf, found)

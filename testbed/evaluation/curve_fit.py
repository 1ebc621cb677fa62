"""Nonlinear least squares: searched for in doubles, finished in wide numbers.

A search (Levenberg-Marquardt of MINPACK, trust regions; both by scipy) ends where its sum of
squares no longer falls, which leaves half the digits of the parameters open and says nothing about
the kind of place it ended at. So every end of a search is a candidate only: Gauss-Newton in the
widest floating point takes it to where the residuals stand at right angles to the model's tangent,
or throws it out. The best of those that stand is the answer; where none stands, that is the answer.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from testbed.evaluation.integration import Floats
from testbed.evaluation.orthogonal import Wide, orthogonalise, solve_upper, widen

__all__ = ["CurveFit", "Model", "NotConverged", "fit_curve"]

Model: TypeAlias = Callable[[Wide], Wide]
"""Predicted responses, shape (n,), from parameters, shape (p,), both `numpy.longdouble`."""

_SEARCHES = (("lm", "jac"), ("trf", "jac"), ("lm", "start"))
_RESTARTS = 30
_EVALUATIONS = 2000
_STEPS = 200
_HALVINGS = 40
# No number at all is worse than any fit, and its square still is a double.
_FORBIDDEN = 1e120
_EPS = float(np.finfo(np.longdouble).eps)
_NARROW = float(np.finfo(np.float64).eps)
# Relative offset at which a minimum is reached, and at which the sum of squares may hide the rest.
_OFFSET = 1e-10
_NEAR = 1e-6
_SETTLED = 1e4 * _EPS
# Central differences know a derivative to the two-thirds power of the spacing, no better.
_DIFFERENCE = _EPS ** (1 / 3)
# Below this share of its start a parameter is differentiated as though it were no smaller.
_NEAR_ZERO = 1e-4
_APART = 100 * _DIFFERENCE**2


class NotConverged(ArithmeticError):
    """No parameters were found at which the sum of squares has a well-determined minimum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveFit:
    """A nonlinear model fitted by ordinary least squares.

    Attributes
    ----------
    parameters, deviations
        In the order of the start, and their standard deviations from the linearised model.
    residual_squares
        Sum of squared residuals [y²].
    residual_freedom
        Points less parameters.
    """

    parameters: tuple[float, ...]
    deviations: tuple[float, ...]
    residual_squares: float
    residual_freedom: int

    @property
    def residual_deviation(self) -> float:
        """Residual standard deviation [y]."""
        return math.sqrt(self.residual_squares / self.residual_freedom)


@dataclass(frozen=True, slots=True)
class _Tangent:
    """The model linearised at one place.

    Attributes
    ----------
    length, gain
        Of the residual, and of its part along the tangent.
    step
        To where that part is nothing, were the model linear.
    factor
        F of the covariance of the parameters, ``s² F Fᵀ``.
    """

    length: np.longdouble
    gain: np.longdouble
    step: Wide
    factor: Wide


def fit_curve(model: Model, y: npt.ArrayLike, start: Sequence[float]) -> CurveFit:
    """Fit a model by ordinary least squares from one starting point.

    From the start itself three searches are made, and restarts scattered ever wider about it
    (the same ones each time) as long as none of them came to stand; a parameter keeps its sign
    at a restart. The lowest minimum found is given; that there is none lower cannot be known.

    Parameters
    ----------
    model
        Predicted responses from parameters; where it gives no finite number it forbids the place.
    y
        Responses, shape (n,), finite. Numbers given as `numpy.longdouble` keep their digits.
    start
        Shape (p,), p less than n, finite.

    Raises
    ------
    ValueError
        No more points than parameters, or a value is not finite.
    NotConverged
        No search came to stand at a minimum that determines every parameter.
    """
    target, first = widen(y), widen(start)
    if len(target) <= len(first):
        raise ValueError(
            f"{len(target)} points do not determine {len(first)} parameters and a spread"
        )
    problem = _Problem(model, target, np.where(first == 0, np.longdouble(1.0), np.abs(first)))
    with np.errstate(all="ignore"):
        for place in chain((first,), _scattered(first)):
            ends = (problem.finished(end) for end in problem.searched(place))
            found = [fit for fit in ends if fit is not None]
            if found:
                return min(found, key=lambda fit: fit.residual_squares)
    raise NotConverged(f"no minimum found from {[float(value) for value in first]}")


def _scattered(start: Wide) -> Iterator[Wide]:
    """Scatter starts about the first one, by factors that grow from a few percent to thousands."""
    random = np.random.default_rng(0)
    for spread in np.linspace(0.3, 6.0, _RESTARTS):
        factors = np.exp(spread * random.standard_normal(len(start)))
        shifted = np.where(start == 0, spread * random.standard_normal(len(start)), start)
        yield np.asarray(shifted * factors, dtype=np.longdouble)


class _Problem:
    """One model and one set of responses."""

    def __init__(self, model: Model, target: Wide, scale: Wide) -> None:
        self._model = model
        self._target = target
        self._scale = scale
        self._rounding = _EPS * _length(target)

    def searched(self, start: Wide) -> Iterator[Wide]:
        """Search from one start and give the places where that ends; none where it is forbidden."""
        if not np.all(np.isfinite(self._model(start))):
            return
        for method, scaling in _SEARCHES:
            try:
                ended = least_squares(
                    self._misfit,
                    np.asarray(start, dtype=np.float64),
                    jac=self._slopes,
                    method=method,
                    x_scale="jac" if scaling == "jac" else np.asarray(self._scale, np.float64),
                    xtol=4 * _NARROW,
                    ftol=4 * _NARROW,
                    gtol=None if method == "trf" else 4 * _NARROW,
                    max_nfev=_EVALUATIONS,
                )
            except (ValueError, np.linalg.LinAlgError):
                # The search left the numbers, and a search is allowed to fail: another is made.
                continue
            yield np.asarray(ended.x, dtype=np.longdouble)

    def finished(self, place: Wide) -> CurveFit | None:
        """Take a place to the minimum it belongs to; none where it belongs to none."""
        for _ in range(_STEPS):
            tangent = self._tangent(place)
            if tangent is None:
                return None
            if self._stands(tangent, place):
                return self._fit(place + tangent.step)
            nearer = self._descended(place, tangent)
            if nearer is None:
                # So near, the sum of squares no longer shows what the step still gains.
                near = tangent.gain < max(_NEAR * tangent.length, 100 * self._rounding)
                return self._fit(place + tangent.step) if near else None
            place = nearer
        return None

    def _stands(self, tangent: _Tangent, place: Wide) -> bool:
        """Tell whether nothing is left to gain.

        No residual along the tangent, beside all of the residual: the relative offset of Bates and
        Watts (Technometrics 23 (1981) 179-183), which compares what is left with the spread of the
        parameters. Or none beside the rounding of the responses, or no visible step.
        """
        still = np.abs(tangent.step) <= _SETTLED * np.abs(place)
        least = max(_OFFSET * tangent.length, self._rounding)
        return bool(tangent.gain <= least or np.all(still))

    def _fit(self, place: Wide) -> CurveFit | None:
        tangent = self._tangent(place)
        if tangent is None:
            return None
        free = len(self._target) - len(place)
        spread = np.sqrt(np.sum(tangent.factor**2, axis=1) / free) * tangent.length
        return CurveFit(
            parameters=tuple(float(value) for value in place),
            deviations=tuple(float(value) for value in spread),
            residual_squares=float(tangent.length**2),
            residual_freedom=free,
        )

    def _tangent(self, place: Wide) -> _Tangent | None:
        residual, slopes = self._target - self._model(place), self._derivatives(place)
        length = np.sqrt(np.sum(slopes**2, axis=0))
        if not (
            np.all(np.isfinite(residual)) and np.all(np.isfinite(slopes)) and np.all(length > 0)
        ):
            return None
        try:
            q, r = orthogonalise(slopes / length, _APART)
        except ValueError:
            # Parameters that the data cannot tell apart: no minimum that determines them.
            return None
        along = q.T @ residual
        factor = solve_upper(r, np.eye(len(place), dtype=np.longdouble)) / length[:, None]
        return _Tangent(
            length=_length(residual),
            gain=_length(along),
            step=solve_upper(r, along) / length,
            factor=factor,
        )

    def _descended(self, place: Wide, tangent: _Tangent) -> Wide | None:
        """Go along the step as far as the sum of squares falls."""
        share = np.longdouble(1.0)
        for _ in range(_HALVINGS):
            ahead = place + share * tangent.step
            residual = self._target - self._model(ahead)
            if _length(residual) < tangent.length:
                return np.asarray(ahead)
            share = share / 2
        return None

    def _derivatives(self, place: Wide) -> Wide:
        """Central differences, with the step at which their two errors meet."""
        columns = []
        for k, value in enumerate(place):
            reach = _DIFFERENCE * np.maximum(np.abs(value), _NEAR_ZERO * self._scale[k])
            above, below = place.copy(), place.copy()
            above[k] = value + reach
            below[k] = value - reach
            columns.append((self._model(above) - self._model(below)) / (above[k] - below[k]))
        return np.column_stack(columns)

    def _misfit(self, place: Floats) -> Floats:
        misfit = np.asarray(self._model(widen(place)) - self._target, dtype=np.float64)
        return np.where(np.isfinite(misfit), misfit, _FORBIDDEN).clip(-_FORBIDDEN, _FORBIDDEN)

    def _slopes(self, place: Floats) -> Floats:
        slopes = np.asarray(self._derivatives(widen(place)), dtype=np.float64)
        return np.where(np.isfinite(slopes), slopes, 0.0).clip(-_FORBIDDEN, _FORBIDDEN)


def _length(vector: Wide) -> np.longdouble:
    return np.longdouble(np.sqrt(vector @ vector))

"""Uncertainty of the quantities of a two-pole, with that of the fixture's correction."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from testbed.evaluation.electrical_budgets import TwoPoleQuantity, two_pole_budget
from testbed.evaluation.equivalent_circuit import Complexes
from testbed.evaluation.integration import Floats
from testbed.evaluation.uncertainty import Budget, propagate, standard
from testbed.procedure.results import Obtained

__all__ = ["Residual", "impedance_budgets", "residual_budget", "uncertainty_compensated"]

_PERCENT = 100.0
_DRAWS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """A root mean square that a fit has left [%], and the degrees of freedom it was left with."""

    value: float
    degrees_of_freedom: int


def uncertainty_compensated(
    measured: npt.ArrayLike,
    deviation: npt.ArrayLike,
    *,
    opened: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    shorted: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
) -> Floats:
    """Carry uncertainties through the correction of a fixture, to first order [ohm].

    Parameters
    ----------
    measured, deviation
        Impedance as measured [ohm] and the standard uncertainty of each of its parts [ohm], shape
        (n,).
    opened, shorted
        The same of the open and the shorted fixture, where they were corrected for.

    Notes
    -----
    With ``i = m - s``, ``y = 1/(o - s)`` and ``z = i/(1 - i y)``: ``dz/di = 1/(1 - i y)²`` and
    ``dz/dy = z²``. All three readings count as independent; what they err by together would drop
    out of ``i``.
    """
    m, u_m = np.asarray(measured, np.complex128), np.asarray(deviation, np.float64)
    s, u_s = (np.zeros_like(m), np.zeros_like(u_m)) if shorted is None else (
        np.asarray(shorted[0], np.complex128), np.asarray(shorted[1], np.float64)
    )  # fmt: skip
    i = m - s
    if opened is None:
        return np.hypot(u_m, u_s)
    o, u_o = np.asarray(opened[0], np.complex128), np.asarray(opened[1], np.float64)
    y = 1.0 / (o - s)
    inner = 1.0 / (1.0 - i * y) ** 2
    z = i / (1.0 - i * y)
    by_open = np.abs(z * y) ** 2
    by_short = np.abs((z * y) ** 2 - inner)
    return np.asarray(
        np.sqrt((np.abs(inner) * u_m) ** 2 + (by_short * u_s) ** 2 + (by_open * u_o) ** 2),
        np.float64,
    )


def impedance_budgets(
    values: Mapping[str, Obtained], frequency: float, impedance: complex, deviation: float
) -> dict[str, Budget]:
    """Give the budget of every quantity of the two-pole that there is.

    Parameters
    ----------
    values
        What was obtained at this frequency [Hz].
    impedance, deviation
        [ohm], and the standard uncertainty of each of its parts [ohm].
    """
    r = standard("r", impedance.real, deviation, unit="ohm", name="resistance")
    x = standard("x", impedance.imag, deviation, unit="ohm", name="reactance")
    return {
        name: two_pole_budget(name, frequency, r, x, draws=_DRAWS)
        for name in get_args(TwoPoleQuantity)
        if name in values and values[name].value is not None
    }


def residual_budget(measurand: str, found: Residual) -> Budget:
    """Give the budget of a residual [%]: how far another sweep's would lie from it by chance.

    References
    ----------
    GUM (JCGM 100:2008), E.4.3: standard deviation of an experimental standard deviation.
    """
    deviation = found.value / math.sqrt(2.0 * max(found.degrees_of_freedom, 1))
    return propagate(
        lambda s: s,
        [standard("s", found.value, deviation, unit="%", name="number of frequencies")],
        measurand=measurand, unit="%", draws=None,
    )  # fmt: skip


def deviations(stated: Floats, impedance: Complexes, rules: Mapping[str, Any]) -> Floats:
    """Give the standard uncertainty of each part [ohm]: stated, else (NaN) as it is permitted."""
    permitted = rules["impedance"] / _PERCENT / math.sqrt(3.0) * np.abs(impedance)
    return np.where(np.isfinite(stated), stated, permitted)

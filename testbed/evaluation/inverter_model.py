"""The Sandia model of an inverter, fitted to measured efficiencies.

``P_ac = (P_aco/(A - B) - C (A - B)) (P_dc - B) + C (P_dc - B)²``, where A, B and C are lines over
the input voltage V: ``A = P_dco (1 + C1 v)``, ``B = P_so (1 + C2 v)``, ``C = C0 (1 + C3 v)`` with
``v = V - V_dco``.

References
----------
D. L. King, S. Gonzalez, G. M. Galbraith, W. E. Boyson, Performance Model for Grid-Connected
Photovoltaic Inverters, SAND2007-5036, Sandia National Laboratories 2007.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from testbed.evaluation.integration import Floats
from testbed.evaluation.regression import fit_line, fit_linear

__all__ = ["SandiaModel", "fit_sandia"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SandiaModel:
    """Parameters of the model, by the names of its paper.

    Attributes
    ----------
    paco
        Rated output power [W].
    pdco, vdco
        Input power [W] at which the rated output is reached, at the nominal input voltage [V].
    pso
        Input power that is needed to begin [W].
    c0
        Curvature of output over input power [1/W].
    c1, c2, c3
        How `pdco`, `pso` and `c0` depend on the input voltage [1/V].
    """

    paco: float
    pdco: float
    vdco: float
    pso: float
    c0: float
    c1: float
    c2: float
    c3: float

    def ac_power(self, voltage: npt.ArrayLike, dc_power: npt.ArrayLike) -> Floats:
        """Give the output power [W], not limited to the rated one."""
        moved = np.asarray(voltage, np.float64) - self.vdco
        a = self.pdco * (1.0 + self.c1 * moved)
        b = self.pso * (1.0 + self.c2 * moved)
        c = self.c0 * (1.0 + self.c3 * moved)
        p = np.asarray(dc_power, np.float64) - b
        return np.asarray((self.paco / (a - b) - c * (a - b)) * p + c * p**2, np.float64)


def fit_sandia(
    voltage: npt.ArrayLike,
    dc_power: npt.ArrayLike,
    ac_power: npt.ArrayLike,
    levels: Sequence[Hashable],
    *,
    rated_power: float,
    nominal: Hashable,
) -> SandiaModel:
    """Fit the model: a parabola at each level of voltage, then a line over the levels.

    Parameters
    ----------
    voltage, dc_power, ac_power
        Shape (n,) [V], [W], [W]; rows in any order.
    levels
        Shape (n,): which level a row belongs to ("Vmin").
    rated_power
        Rated output power [W].
    nominal
        The level whose mean voltage is the nominal one.

    Raises
    ------
    ValueError
        Fewer than two levels or than three loads at one, no nominal level, or powers that no
        parabola through zero output describes.
    """
    v, into, out = (np.asarray(a, np.float64) for a in (voltage, dc_power, ac_power))
    names = list(dict.fromkeys(levels))
    if nominal not in names or len(names) < 2:
        raise ValueError(f"levels {names} need {nominal!r} and one more")
    means, ends, starts, curves = [], [], [], []
    for name in names:
        rows = np.array([each == name for each in levels])
        a, b, c = _parabola(into[rows], out[rows])
        means.append(float(np.mean(v[rows])))
        ends.append(_reaches(a, b, c, rated_power))
        starts.append(_reaches(a, b, c, 0.0))
        curves.append(c)
    vdco = means[names.index(nominal)]
    moved = np.array(means) - vdco
    (pdco, c1), (pso, c2), (c0, c3) = (
        _over_voltage(moved, np.array(each)) for each in (ends, starts, curves)
    )
    return SandiaModel(paco=rated_power, pdco=pdco, vdco=vdco, pso=pso, c0=c0, c1=c1, c2=c2, c3=c3)


def _parabola(into: Floats, out: Floats) -> tuple[float, float, float]:
    """Fit ``out = a + b into + c into²``."""
    if len(np.unique(into)) < 3:
        raise ValueError("a parabola needs three loads")
    (a, b, c), _ = fit_linear(np.column_stack((into, into**2)), out)
    return float(a), float(b), float(c)


def _reaches(a: float, b: float, c: float, power: float) -> float:
    """Find the input power at which the parabola gives an output power, on its rising branch."""
    under = b**2 - 4.0 * c * (a - power)
    if under < 0.0 or b + math.sqrt(under) <= 0.0:
        raise ValueError(f"the parabola does not reach {power:g} W")
    # This form of the root stays exact where the parabola is nearly a line.
    return 2.0 * (power - a) / (b + math.sqrt(under))


def _over_voltage(moved: Floats, values: Floats) -> tuple[float, float]:
    """Give the value at the nominal voltage, and its relative change with voltage [1/V]."""
    line = fit_line(moved, values)
    return line.intercept, line.slope / line.intercept if line.intercept else 0.0

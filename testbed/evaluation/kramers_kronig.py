"""Whether a spectrum can be that of a linear, stable two-pole that did not change meanwhile.

The spectrum is fitted by elements that obey the Kramers-Kronig relations themselves: a resistance,
an inductance, a capacitance and a row of RC pairs with fixed time constants. That is a linear
problem; what it leaves over, no such two-pole can explain. A resonance of a coil with its own
capacitance is none of these elements and is left over as well.

The time constants lie at a fixed density. More of them follow the noise, but not a violation: real
and imaginary part are tied to each other by every element. Fewer, chosen by the sign of what was
fitted (Schönleber 2014), leave much over of a single RC pair whose time constant lies between two.

References
----------
B. A. Boukamp, J. Electrochem. Soc. 142 (1995) 1885: the linear test.
M. Schönleber, D. Klotz, E. Ivers-Tiffée, Electrochim. Acta 131 (2014) 20: how many elements.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from testbed.evaluation.equivalent_circuit import Complexes
from testbed.evaluation.integration import Floats

__all__ = ["Plausibility", "kramers_kronig"]

_FEWEST = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Plausibility:
    """What the test leaves over.

    Attributes
    ----------
    frequency
        Ascending [Hz].
    real, imaginary
        Residuals, as shares of the magnitude at that frequency [1].
    elements
        Number of RC pairs.
    """

    frequency: Floats
    real: Floats
    imaginary: Floats
    elements: int

    @property
    def degrees_of_freedom(self) -> int:
        """Two per point, less the RC pairs, the resistance, the inductance and the capacitance."""
        return 2 * len(self.frequency) - self.elements - 3

    @property
    def residual(self) -> float:
        """Root mean square of the residuals of both parts [1]."""
        return float(np.sqrt(np.mean(np.concatenate((self.real, self.imaginary)) ** 2)))

    @property
    def largest(self) -> float:
        """Largest residual of either part [1]."""
        return float(np.max(np.abs(np.concatenate((self.real, self.imaginary)))))


def kramers_kronig(
    frequency: npt.ArrayLike, impedance: npt.ArrayLike, *, per_decade: float = 4.0
) -> Plausibility:
    """Test a spectrum.

    Parameters
    ----------
    frequency, impedance
        Shape (n,), in any order, above zero [Hz], [ohm].
    per_decade
        Time constants per decade of frequency; together they are never more than the points.

    Raises
    ------
    ValueError
        Fewer than six points, or not all at frequencies of their own.
    """
    f = np.asarray(frequency, dtype=np.float64)
    z = np.asarray(impedance, dtype=np.complex128)
    order = np.argsort(f, kind="stable")
    f, z = f[order], z[order]
    if len(f) < _FEWEST:
        raise ValueError(f"{len(f)} points are too few for the test")
    if not np.all(np.diff(f) > 0.0):
        raise ValueError("two points lie at one frequency")
    wanted = math.ceil(per_decade * math.log10(float(f[-1] / f[0]))) + 1
    elements = min(wanted, len(f) - 3)
    left = _left(2.0 * np.pi * f, z, elements)
    return Plausibility(
        frequency=f, real=left[: len(f)], imaginary=left[len(f) :], elements=elements
    )


def _left(w: Floats, z: Complexes, elements: int) -> Floats:
    """Give what the elements leave over of real and imaginary part, as shares of |Z|."""
    taus = np.geomspace(1.0 / w[-1], 1.0 / w[0], elements)
    pairs = 1.0 / (1.0 + 1j * np.outer(w, taus))
    basis = np.column_stack((pairs, np.ones(len(w)), 1j * w, 1.0 / (1j * w)))
    shares = basis / np.abs(z)[:, None]
    matrix = np.concatenate((shares.real, shares.imag))
    matrix = matrix / np.sqrt(np.sum(matrix**2, axis=0))
    unity = z / np.abs(z)
    wanted = np.concatenate((unity.real, unity.imag))
    # Neighbouring pairs are nearly the same: only what they leave over together is of use.
    weights, *_ = np.linalg.lstsq(matrix, wanted, rcond=None)
    return np.asarray(wanted - matrix @ weights, np.float64)

"""Whether a spectrum can be that of a linear, stable two-pole that did not change meanwhile.

The spectrum is fitted by elements that obey the Kramers-Kronig relations themselves: a resistance,
an inductance, a capacitance and a row of RC pairs with fixed time constants. That is a linear
problem; what it leaves over, no such two-pole can explain. A resonance of a coil with its own
capacitance is none of these elements and is left over as well.

References
----------
B. A. Boukamp, J. Electrochem. Soc. 142 (1995) 1885: the linear test.
M. Schönleber, D. Klotz, E. Ivers-Tiffée, Electrochim. Acta 131 (2014) 20: how many elements.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from testbed.evaluation.equivalent_circuit import Complexes
from testbed.evaluation.integration import Floats

__all__ = ["Plausibility", "kramers_kronig"]

_FEWEST = 3


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
    under_fit
        Schönleber's mu of these elements [1]: 1 with too few, near 0 with too many.
    """

    frequency: Floats
    real: Floats
    imaginary: Floats
    elements: int
    under_fit: float

    @property
    def residual(self) -> float:
        """Root mean square of the residuals of both parts [1]."""
        return float(np.sqrt(np.mean(np.concatenate((self.real, self.imaginary)) ** 2)))

    @property
    def largest(self) -> float:
        """Largest residual of either part [1]."""
        return float(np.max(np.abs(np.concatenate((self.real, self.imaginary)))))


def kramers_kronig(
    frequency: npt.ArrayLike, impedance: npt.ArrayLike, *, threshold: float = 0.85, most: int = 50
) -> Plausibility:
    """Test a spectrum.

    Parameters
    ----------
    frequency, impedance
        Shape (n,), in any order, above zero [Hz], [ohm].
    threshold
        Elements are added until mu falls to it [1].
    most
        Largest number of RC pairs; never more than a third of the points, both parts of each
        counted as two.

    Raises
    ------
    ValueError
        Fewer than six points, or not all at frequencies of their own.
    """
    f = np.asarray(frequency, dtype=np.float64)
    z = np.asarray(impedance, dtype=np.complex128)
    order = np.argsort(f, kind="stable")
    f, z = f[order], z[order]
    if len(f) < 2 * _FEWEST or not np.all(np.diff(f) > 0.0):
        raise ValueError(f"{len(f)} points, or two at one frequency: too few for the test")
    found = None
    for elements in range(_FEWEST, max(_FEWEST, min(most, 2 * len(f) // 3)) + 1):
        found = _fitted(f, z, elements)
        if found.under_fit <= threshold:
            break
    assert found is not None
    return found


def _fitted(f: Floats, z: Complexes, elements: int) -> Plausibility:
    w = 2.0 * np.pi * f
    taus = np.geomspace(1.0 / w[-1], 1.0 / w[0], elements)
    pairs = 1.0 / (1.0 + 1j * np.outer(w, taus))
    basis = np.column_stack((pairs, np.ones(len(w)), 1j * w, 1.0 / (1j * w)))
    shares = basis / np.abs(z)[:, None]
    matrix = np.concatenate((shares.real, shares.imag))
    scale = np.sqrt(np.sum(matrix**2, axis=0))
    unity = z / np.abs(z)
    wanted = np.concatenate((unity.real, unity.imag))
    weights, *_ = np.linalg.lstsq(matrix / scale, wanted, rcond=None)
    left = wanted - matrix / scale @ weights
    resistances = (weights / scale)[:elements]
    negative = float(-np.sum(resistances[resistances < 0.0]))
    positive = float(np.sum(resistances[resistances >= 0.0]))
    return Plausibility(
        frequency=f,
        real=left[: len(f)],
        imaginary=left[len(f) :],
        elements=elements,
        under_fit=1.0 - negative / positive if positive > 0.0 else 0.0,
    )

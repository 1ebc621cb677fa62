"""Orthonormal columns and their triangle, in the widest floating point of the machine.

numpy's own factorisations end at 64-bit numbers. `numpy.longdouble` carries 64 bits of mantissa on
x86 Linux (eps 1.1e-19) and 113 on some others; where it is only a double (Windows, ARM macOS) all
of this works on with eps 2.2e-16 and some three digits fewer.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Wide", "orthogonalise", "precision", "solve_upper", "widen"]

Wide: TypeAlias = npt.NDArray[np.longdouble]


def widen(values: npt.ArrayLike) -> Wide:
    """Take numbers into the widest floating point, and refuse what is no number.

    Raises
    ------
    ValueError
        A value is not finite.
    """
    wide = np.asarray(values).astype(np.longdouble)
    if not np.all(np.isfinite(wide)):
        raise ValueError("a value is not finite")
    return wide


def precision(values: npt.ArrayLike) -> float:
    """Tell the relative spacing of numbers as they are given, not as they are computed with."""
    kind = np.asarray(values).dtype
    return float(np.finfo(kind if kind == np.longdouble else np.float64).eps)


def orthogonalise(columns: Wide, least: float) -> tuple[Wide, Wide]:
    """Factor columns into orthonormal ones and an upper triangle.

    Gram-Schmidt, each column done twice: that is enough for orthogonality to the rounding error
    (Giraud, Langou, Rozložník, van den Eshof, Numerische Mathematik 101 (2005) 87-100).

    Parameters
    ----------
    columns
        Shape (n, p), n at least p.
    least
        What must be left of a column once the earlier ones are taken out, relative to its length.

    Returns
    -------
    q, r
        Shapes (n, p) and (p, p); ``columns = q @ r``.

    Raises
    ------
    ValueError
        A column depends on the earlier ones.
    """
    rows, width = columns.shape
    q = np.zeros((rows, width), dtype=np.longdouble)
    r = np.zeros((width, width), dtype=np.longdouble)
    for j in range(width):
        left = columns[:, j]
        length = np.sqrt(left @ left)
        for _ in range(2):
            along = q[:, :j].T @ left
            left = left - q[:, :j] @ along
            r[:j, j] += along
        r[j, j] = np.sqrt(left @ left)
        if not r[j, j] > least * length:
            raise ValueError("the columns depend on each other")
        q[:, j] = left / r[j, j]
    return q, r


def solve_upper(r: Wide, right: Wide) -> Wide:
    """Solve ``r @ x = right`` by substitution from below.

    Parameters
    ----------
    r
        Shape (p, p), upper triangle without a zero on its diagonal.
    right
        Shape (p,) or (p, m).
    """
    x = np.array(right, dtype=np.longdouble)
    for j in range(len(r) - 1, -1, -1):
        x[j] = (x[j] - r[j, j + 1 :] @ x[j + 1 :]) / r[j, j]
    return x

"""The Vickers scale: hardness from diagonals, its corrections, limits and notation.

References
----------
ISO 6507-1:2023, 4, 5.2, 7 and Annex B; ISO 6507-2:2018 for the limits of the machine.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from testbed.evaluation.integration import Floats
from testbed.evaluation.reference_block import BlockCheck
from testbed.evaluation.rounding import round_to

__all__ = [
    "check_vickers_block",
    "curvature_factor",
    "diagonal_of",
    "notation",
    "permissible_bias",
    "permissible_repeatability",
    "vickers_constant",
    "vickers_hardness",
]

_PERCENT = 100.0


def vickers_constant(factor: float, angle: float) -> float:
    """Give the constant of HV = constant F/d2 [HV mm2/N] from its definition.

    Parameters
    ----------
    factor
        1/g_n as the standard takes it, 0.102 [1/(m/s2)].
    angle
        Between opposite faces of the pyramid [deg].
    """
    return factor * 2.0 * math.sin(math.radians(angle / 2.0))


def vickers_hardness(force: float, diagonals: Floats, constant: float) -> Floats:
    """Give the hardness [HV] of each indentation.

    Parameters
    ----------
    force
        Test force [N], larger than 0.
    diagonals
        Mean of both diagonals of each indentation [mm], larger than 0, shape (n,).
    constant
        [HV mm2/N], 0.1891 for the nominal pyramid.
    """
    return constant * force / diagonals**2


def diagonal_of(force: float, hardness: float, constant: float) -> float:
    """Give the mean diagonal [mm] that a force [N] leaves in a hardness [HV]."""
    return math.sqrt(constant * force / hardness)


def curvature_factor(
    diagonals: Floats, diameter: float, table: Mapping[str, Sequence[float]]
) -> Floats | None:
    """Interpolate the correction factors of a curved surface (Annex B).

    Parameters
    ----------
    diagonals
        Mean diagonals [mm], shape (n,).
    diameter
        Of the sphere or cylinder [mm], larger than 0.
    table
        `ratio` d/D, ascending, and `factor`; a flat surface, ratio 0, has the factor 1.

    Returns
    -------
    array or None
        Factors by which the hardness is multiplied; None where d/D lies beyond the table.
    """
    ratios = diagonals / diameter
    if np.max(ratios) > table["ratio"][-1]:
        return None
    return np.interp(ratios, (0.0, *table["ratio"]), (1.0, *table["factor"]))


def permissible_bias(diagonal: float, rows: Sequence[Mapping[str, float]]) -> float:
    """Give the permissible bias of the machine [% of the hardness].

    Parameters
    ----------
    diagonal
        Mean diagonal [mm] at the certified hardness.
    rows
        Ascending in `from` [mm]: `over_diagonal` [% mm] and `constant` [%].
    """
    row = [each for each in rows if each["from"] <= diagonal][-1]
    return row["over_diagonal"] / diagonal + row["constant"]


def permissible_repeatability(
    hardness: float, force: float, rows: Sequence[Mapping[str, Any]]
) -> float:
    """Give the permissible range of the mean diagonals [% of their mean].

    Parameters
    ----------
    hardness
        Certified hardness [HV].
    force
        Test force [N].
    rows
        Ascending in `up_to` [HV], each with `forces` [N] and what is `permissible` from there on.
    """
    row = next(each for each in rows if hardness <= each["up_to"])
    (found,) = [
        permissible
        for low, high, permissible in zip(
            row["forces"], (*row["forces"][1:], math.inf), row["permissible"], strict=True
        )
        if low <= force < high
    ]
    return float(found)


def check_vickers_block(
    diagonals: Floats, certified: float, force: float, data: Mapping[str, Any]
) -> BlockCheck:
    """Hold the indentations on a reference block against its certificate (Annex C).

    Parameters
    ----------
    diagonals
        Mean diagonals on the block [mm], at least one.
    certified
        Hardness of the block [HV].
    force
        Nominal test force [N].
    data
        Method data of ISO 6507-1.
    """
    daily, constant = data["daily"], data["formula"]["constant"]
    share = permissible_bias(diagonal_of(force, certified, constant), daily["bias"])
    return BlockCheck(
        certified=certified,
        values=tuple(map(float, vickers_hardness(force, diagonals, constant))),
        permissible_bias=share / _PERCENT * certified,
        repeatability=float(np.ptp(diagonals) / np.mean(diagonals)) * _PERCENT,
        permissible_repeatability=permissible_repeatability(
            certified, force, daily["repeatability"]
        ),
    )


def notation(hardness: float, scale: str, dwell: float, rules: Mapping[str, Any]) -> str:
    """Write a hardness as the standard does: "640 HV30", "640 HV30/20" (5.2).

    Parameters
    ----------
    hardness
        [HV].
    scale
        "HV30".
    dwell
        Time under full force [s]; part of the notation where it is not the usual one.
    rules
        Table ``notation`` of the method data.
    """
    value = round_to(hardness, 1.0 if hardness >= rules["whole_from"] else 0.1)
    low, high = rules["dwell"]
    unusual = "" if low <= dwell <= high else f"/{dwell:g}"
    return f"{value} {scale}{unusual}"

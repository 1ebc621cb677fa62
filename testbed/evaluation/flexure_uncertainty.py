"""Uncertainty of flexural strength and modulus of one test piece, or of the mean of a series.

References
----------
ISO 178:2019, 9: σ = 3FL/(2bh²), E = L³/(4bh³) · ΔF/Δs; the thickness enters by its square and cube.
"""

from collections.abc import Mapping
from typing import Any

from testbed.evaluation.series import Series
from testbed.evaluation.uncertainty.budget import Budget
from testbed.evaluation.uncertainty.coverage import ABOUT_95
from testbed.evaluation.uncertainty.functions import Number
from testbed.evaluation.uncertainty.propagation import propagate
from testbed.evaluation.uncertainty.quantities import Input, Kind
from testbed.evaluation.uncertainty.sources import rectangular

__all__ = ["modulus_budget", "strength_budget"]

_PERCENT = 100.0
_UNIT = "MPa"


def strength_budget(
    strength: float,
    *,
    span: float,
    width: float,
    thickness: float,
    rules: Mapping[str, Any],
    series: Series | None = None,
    probability: float = ABOUT_95,
) -> Budget:
    """Evaluate the uncertainty of a flexural strength [MPa].

    Parameters
    ----------
    strength
        Of the piece, or the mean of the series [MPa].
    span, width, thickness
        [mm].
    rules
        Table ``uncertainty`` of the method data: half-widths of `force` and `span` [%], `width`
        and `thickness` [mm].
    series
        Results of several pieces, whose scatter is then part of the uncertainty of the mean.
    """
    force = 2.0 * strength * width * thickness**2 / (3.0 * span)
    return propagate(
        _strength,
        [
            rectangular("F", force, rules["force"] / _PERCENT * force, unit="N", name="force"),
            *_lengths(span, width, thickness, rules),
            _scatter(series),
        ],
        measurand="flexural strength",
        unit=_UNIT,
        probability=probability,
        draws=None,
    )


def modulus_budget(
    modulus: float,
    *,
    span: float,
    width: float,
    thickness: float,
    rules: Mapping[str, Any],
    deviation: float = 0.0,
    points: int = 0,
    series: Series | None = None,
    probability: float = ABOUT_95,
) -> Budget:
    """Evaluate the uncertainty of a flexural modulus [MPa].

    Parameters
    ----------
    modulus
        Of the piece, or the mean of the series [MPa].
    rules
        As for the strength, and the half-width of `deflection` [%].
    deviation, points
        Standard deviation of the slope of the regression [MPa] and the rows that it has; the
        scatter of a series holds it already.
    """
    slope = modulus * 4.0 * width * thickness**3 / span**3
    return propagate(
        _modulus,
        [
            Input(
                symbol="slope",
                unit="N/mm",
                estimate=slope,
                uncertainty=0.0 if series else deviation / modulus * slope,
                kind=Kind.A,
                degrees_of_freedom=max(points - 2, 1),
                name="slope of force over deflection",
            ),
            rectangular("F", 1.0, rules["force"] / _PERCENT, name="gain of the force"),
            rectangular("s", 1.0, rules["deflection"] / _PERCENT, name="gain of the deflection"),
            *_lengths(span, width, thickness, rules),
            _scatter(series),
        ],
        measurand="flexural modulus",
        unit=_UNIT,
        probability=probability,
        draws=None,
    )


def _lengths(
    span: float, width: float, thickness: float, rules: Mapping[str, Any]
) -> tuple[Input, ...]:
    return (
        rectangular("L", span, rules["span"] / _PERCENT * span, unit="mm", name="span"),
        rectangular("b", width, float(rules["width"]), unit="mm", name="width"),
        rectangular("h", thickness, float(rules["thickness"]), unit="mm", name="thickness"),
    )


def _scatter(series: Series | None) -> Input:
    """Take the deviation, estimated as 0, of a mean from that of all pieces of the lot."""
    return Input(
        symbol="scatter",
        unit=_UNIT,
        estimate=0.0,
        uncertainty=series.deviation / series.count**0.5 if series else 0.0,
        kind=Kind.A,
        degrees_of_freedom=series.count - 1 if series else 1.0,
        name="scatter of the test pieces",
    )


# Symbols of the standard, in its own letters.
def _strength(F: Number, L: Number, b: Number, h: Number, scatter: Number) -> Number:  # noqa: N803
    return 3.0 * F * L / (2.0 * b * h * h) + scatter


def _modulus(
    slope: Number,
    F: Number,  # noqa: N803
    s: Number,
    L: Number,  # noqa: N803
    b: Number,
    h: Number,
    scatter: Number,
) -> Number:
    return slope * F / s * L * L * L / (4.0 * b * h * h * h) + scatter

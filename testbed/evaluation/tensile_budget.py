"""Uncertainty of what a tensile test finds.

Every strength is a force over the original cross-section; what the line and the extensometer do
to the place at which the force is read, and the scatter there, are terms that are estimated as 0.

References
----------
ISO 6892-1:2019, 23 and Annexes J and K; ISO 7500-1:2018 (force), ISO 9513:2012 (extension).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from testbed.evaluation.smoothing import parabola_near
from testbed.evaluation.stress_strain import Curve, Straight, noise_of, offset_crossing
from testbed.evaluation.uncertainty.budget import Budget
from testbed.evaluation.uncertainty.functions import Number
from testbed.evaluation.uncertainty.propagation import propagate
from testbed.evaluation.uncertainty.quantities import Input
from testbed.evaluation.uncertainty.sources import rectangular, standard
from testbed.procedure.results import Obtained

__all__ = [
    "Reading",
    "elongation_budget",
    "extension_budget",
    "force_budget",
    "modulus_budget",
    "proof_reading",
    "strength_budget",
    "tensile_budgets",
]

_PERCENT = 100.0
_DRAWS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A strength, and what moves the place at which it is read [MPa].

    Attributes
    ----------
    strength
        [MPa].
    scatter
        Standard uncertainty from the noise of the record at that place.
    by_slope, by_extension
        By how much it moves with one standard deviation of the elastic slope, and with the largest
        permitted deviation of the extensometer; 0 where neither matters.
    points
        That the slope was fitted to.
    """

    strength: float
    scatter: float = 0.0
    by_slope: float = 0.0
    by_extension: float = 0.0
    points: int = 3


def proof_reading(
    curve: Curve,
    straight: Straight,
    crossing: tuple[int, float, float],
    offset: float,
    extension: float,
) -> Reading:
    """Tell what moves a proof strength: all of it by way of the plastic strain at which it is read.

    Parameters
    ----------
    crossing
        Row, strain and stress at which the curve meets the parallel.
    offset
        Plastic strain [1].
    extension
        Largest permitted deviation of the extensometer [%].
    """
    row, _, stress = crossing
    further = offset_crossing(curve, straight, 1.25 * offset)
    # Stress for each unit of plastic strain, beyond the point.
    hardening = 0.0 if further is None else max((further[2] - stress) / (0.25 * offset), 0.0)
    window = slice(straight.first, straight.stop)
    arm = (stress - float(np.mean(curve.stress[window]))) / straight.line.slope
    noise = noise_of(curve.stress[straight.stop :])
    course = parabola_near(curve.stress, row, noise) if noise > 0.0 else None
    return Reading(
        strength=stress,
        scatter=noise if course is None else course.deviation(noise),
        by_slope=hardening * arm * straight.line.relative_deviation,
        by_extension=hardening * offset * extension / _PERCENT,
        points=straight.line.points,
    )


def tensile_budgets(
    values: Mapping[str, Obtained],
    readings: Mapping[str, Reading],
    *,
    points: int,
    s0: float,
    l0: float,
    lu: float | None,
    rules: Mapping[str, Any],
) -> dict[str, Budget]:
    """Give the budget of every result of a tensile test that has one.

    Parameters
    ----------
    values
        What was obtained, by measurand.
    readings
        Of the strengths, by measurand.
    points
        That the elastic line was fitted to.
    s0, l0, lu
        Original cross-section [mm²], gauge lengths before and after [mm]; `lu` None where the
        halves were not measured.
    rules
        Table ``uncertainty`` of the method data.
    """
    found = {
        name: strength_budget(name, reading, s0=s0, rules=rules)
        for name, reading in readings.items()
    }
    if (fm := values["fm"].value) is not None:
        found["fm"] = force_budget(fm, rules=rules)
    modulus, deviation = values["e_modulus"].value, values["e_slope_deviation"].value
    if modulus is not None and deviation is not None:
        share = deviation / _PERCENT
        found["e_modulus"] = modulus_budget(modulus, share, points, s0=s0, rules=rules)
    for name in ("a", "agt", "ag"):
        value = values[name].value
        if value is None:
            continue
        if name == "a" and lu is not None:
            found[name] = elongation_budget(lu, l0, rules=rules)
        else:
            found[name] = extension_budget(name, value, rules=rules)
    return found


def strength_budget(
    measurand: str, reading: Reading, *, s0: float, rules: Mapping[str, Any]
) -> Budget:
    """Give the budget of a strength [MPa].

    Parameters
    ----------
    s0
        Original cross-section [mm²].
    rules
        Table ``uncertainty`` of the method data: half-widths of `force` and `area` [%].
    """
    force = reading.strength * s0
    inputs = [
        rectangular("F", force, rules["force"] / _PERCENT * force, unit="N", name="force"),
        rectangular("S0", s0, rules["area"] / _PERCENT * s0, unit="mm2", name="area"),
        standard("d_s", 0.0, reading.scatter, unit="MPa", name="scatter"),
    ]
    if not (reading.by_slope or reading.by_extension):
        return _budget(_read, inputs, measurand, "MPa")
    inputs += [
        standard(
            "d_m",
            0.0,
            abs(reading.by_slope),
            unit="MPa",
            degrees_of_freedom=max(reading.points - 2, 1),
            name="slope",
        ),
        rectangular("d_e", 0.0, abs(reading.by_extension), unit="MPa", name="extension"),
    ]
    return _budget(_read_on_a_parallel, inputs, measurand, "MPa")


def force_budget(force: float, *, rules: Mapping[str, Any]) -> Budget:
    """Give the budget of a force [N]."""
    given = rectangular("F", force, rules["force"] / _PERCENT * force, unit="N", name="force")
    return _budget(_plain, [given], "fm", "N")


def _plain(F: Number) -> Number:  # noqa: N803
    return F


def _read(F: Number, S0: Number, d_s: Number) -> Number:  # noqa: N803  # as the standard has it
    return F / S0 + d_s


def _read_on_a_parallel(F: Number, S0: Number, d_s: Number, d_m: Number, d_e: Number) -> Number:  # noqa: N803
    return F / S0 + d_s + d_m + d_e


def modulus_budget(
    slope: float, relative_deviation: float, points: int, *, s0: float, rules: Mapping[str, Any]
) -> Budget:
    """Give the budget of the slope of the elastic line, as a modulus [GPa].

    Parameters
    ----------
    slope
        [GPa].
    relative_deviation
        Standard deviation of the slope over its size.
    rules
        Table ``uncertainty``: half-widths of `force`, `area` and `extension` [%].
    """
    force = slope * s0
    inputs = [
        rectangular("k", force, rules["force"] / _PERCENT * force, unit="kN", name="force"),
        rectangular("S0", s0, rules["area"] / _PERCENT * s0, unit="mm2", name="area"),
        rectangular("g", 1.0, rules["extension"] / _PERCENT, name="extension"),
        standard(
            "d_m",
            0.0,
            relative_deviation * slope,
            unit="GPa",
            degrees_of_freedom=max(points - 2, 1),
            name="slope",
        ),
    ]
    return _budget(_sloped, inputs, "e_modulus", "GPa")


def _sloped(k: Number, S0: Number, g: Number, d_m: Number) -> Number:  # noqa: N803
    return k / (S0 * g) + d_m


def elongation_budget(lu: float, l0: float, *, rules: Mapping[str, Any]) -> Budget:
    """Give the budget of the elongation after fracture from the halves [%].

    Parameters
    ----------
    lu, l0
        Gauge lengths after fracture and before [mm].
    rules
        Table ``uncertainty``: half-widths of `halves` [mm] and of the marking `marks` [%].
    """
    inputs = [
        rectangular("Lu", lu, rules["halves"], unit="mm", name="halves"),
        rectangular("L0", l0, rules["marks"] / _PERCENT * l0, unit="mm", name="marks"),
    ]
    return _budget(_elongated, inputs, "a", "%")


def _elongated(Lu: Number, L0: Number) -> Number:  # noqa: N803
    return _PERCENT * (Lu - L0) / L0


def extension_budget(measurand: str, percent: float, *, rules: Mapping[str, Any]) -> Budget:
    """Give the budget of an elongation that the extensometer has measured [%]."""
    inputs = [
        rectangular("e", percent, rules["extension"] / _PERCENT * abs(percent), unit="%"),
        rectangular("Le", 1.0, rules["marks"] / _PERCENT, name="marks"),
    ]
    return _budget(_extended, inputs, measurand, "%")


def _extended(e: Number, Le: Number) -> Number:  # noqa: N803
    return e / Le


def _budget(model: Any, inputs: list[Input], measurand: str, unit: str) -> Budget:  # noqa: ANN401
    # Rectangles make most of it, so that two digits tell a factor of 2 from the right one.
    return propagate(model, inputs, measurand=measurand, unit=unit, draws=_DRAWS, digits=2)

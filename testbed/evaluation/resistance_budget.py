"""Uncertainty of what reversals of a current tell of a resistance."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from testbed.evaluation.electrical_budgets import resistance_budget
from testbed.evaluation.integration import Floats
from testbed.evaluation.regression import fit_line
from testbed.evaluation.uncertainty import Budget, Input, propagate, rectangular, standard
from testbed.evaluation.uncertainty.sources import observations

__all__ = ["Reversals", "reversal_budgets"]

_PERCENT = 100.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reversals:
    """What the reversals of one test have shown.

    Attributes
    ----------
    resistance, offset
        Of each reversal [ohm], [V], in the order of time; at least two.
    temperature
        Readings while the current flowed [degC].
    voltage, current
        Mean sizes [V], [A], the current above zero.
    alpha, reference
        [1/K], [degC].
    stated
        Largest standard uncertainty of the readings of ``test_voltage`` [V], ``test_current`` [A]
        and ``specimen_temperature`` [K]; None where they carried none.
    """

    resistance: Floats
    offset: Floats
    temperature: Floats
    voltage: float
    current: float
    alpha: float
    reference: float
    stated: Mapping[str, float | None]


def reversal_budgets(found: Reversals, rules: Mapping[str, Any]) -> dict[str, Budget]:
    """Give the budget of each result.

    Parameters
    ----------
    rules
        Table ``uncertainty`` of the method data: largest deviations of `voltage`, `current` and
        `alpha` [%], and of `temperature` [K].

    References
    ----------
    GUM (JCGM 100:2008), E.4.3: standard deviation of an experimental standard deviation.
    """
    count = len(found.resistance)
    scatter = float(np.std(found.resistance, ddof=1))
    warm = _temperature(found, rules)
    alpha = rectangular(
        "alpha", found.alpha, rules["alpha"] / _PERCENT * abs(found.alpha), unit="1/K",
        name="temperature coefficient",
    )  # fmt: skip
    at_reference = standard("t", found.reference, 0.0, unit="degC", name="not reduced")
    none = standard("alpha", 0.0, 0.0, unit="1/K", name="not reduced")
    return {
        "resistance": _of_resistance(found, "resistance", rules, at_reference, none),
        "reference_resistance": _of_resistance(
            found, "reference_resistance", rules, warm, alpha
        ),
        "deviation": _alone(
            "deviation", "ohm", standard("s", scatter, scatter / math.sqrt(2.0 * (count - 1)),
                                         unit="ohm", name="few reversals"),
        ),
        "temperature_found": _alone("temperature_found", "degC", warm),
        "offset": _of_offset(found, rules),
        "reversals_found": _alone(
            "reversals_found", "1", standard("n", float(count), 0.0, name="counted")
        ),
    }  # fmt: skip


def _gain(symbol: str, found: Reversals, name: str, rules: Mapping[str, Any]) -> Input:
    """Take the smaller of two bounds of a gain: what is permitted, and all that a reading may err.

    The uncertainty that a reading states holds the meter's offset too, which is no part of a gain.
    """
    permitted = rectangular(symbol, 1.0, rules[name] / _PERCENT, name=f"gain, {name}")
    known, size = found.stated[f"test_{name}"], getattr(found, name)
    if known is None or not size > 0.0 or known / size > permitted.uncertainty:
        return permitted
    return standard(symbol, 1.0, known / size, name=f"readings, {name}")


def _crept(offset: Floats) -> float:
    """Tell by how much the offset changes between the two readings of a reversal [V]."""
    if len(offset) < 3:
        return float(np.ptp(offset)) / 2.0
    return abs(fit_line(np.arange(len(offset), dtype=np.float64), offset).slope) / 2.0


def _temperature(found: Reversals, rules: Mapping[str, Any]) -> Input:
    mean = float(np.mean(found.temperature))
    # It may have been at any of the readings while a voltage was read.
    spread = float(np.std(found.temperature, ddof=1)) if len(found.temperature) > 1 else 0.0
    known = found.stated["specimen_temperature"]
    own = rules["temperature"] / math.sqrt(3.0) if known is None else known
    return standard("t", mean, math.hypot(own, spread), unit="degC", name="specimen")


def _of_resistance(
    found: Reversals, measurand: str, rules: Mapping[str, Any], temperature: Input, alpha: Input
) -> Budget:
    return resistance_budget(
        found.resistance.tolist(),
        voltage_gain=_gain("g_u", found, "voltage", rules),
        current_gain=_gain("g_i", found, "current", rules),
        emf_change=rectangular("de", 0.0, _crept(found.offset), unit="V", name="thermal voltage"),
        temperature=temperature,
        alpha=alpha,
        current=found.current,
        reference=found.reference,
        measurand=measurand,
    )


def _of_offset(found: Reversals, rules: Mapping[str, Any]) -> Budget:
    seen = observations("u_0", found.offset.tolist(), unit="V", name="reversals")
    known = found.stated["test_voltage"]
    own = rules["voltage"] / _PERCENT / math.sqrt(3.0) * found.voltage if known is None else known
    meter = standard("d", 0.0, own, unit="V", name="voltmeter")
    return propagate(
        lambda u_0, d: u_0 + d, [seen, meter], measurand="offset", unit="V", draws=None
    )


def _alone(measurand: str, unit: str, given: Input) -> Budget:
    return propagate(
        lambda **only: sum(only.values()), [given], measurand=measurand, unit=unit, draws=None
    )

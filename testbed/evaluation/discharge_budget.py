"""Uncertainty of capacity, energy, mean voltage and duration of a discharge.

The deviation of an ammeter or voltmeter is the same for all readings of one discharge, so that it
does not average out.

References
----------
IEC 61960-3:2017, 5: permitted deviations of the measurements.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from testbed.evaluation.uncertainty.budget import Budget
from testbed.evaluation.uncertainty.functions import Number
from testbed.evaluation.uncertainty.propagation import propagate
from testbed.evaluation.uncertainty.quantities import Input
from testbed.evaluation.uncertainty.sources import rectangular, standard

__all__ = ["Discharged", "discharge_budgets"]

_PERCENT = 100.0
_HOUR = 3600.0
_DRAWS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Discharged:
    """What a discharge has delivered, and what the end of it depends on.

    Attributes
    ----------
    capacity, energy, duration
        [A h], [W h], [h].
    current, voltage
        Means [A], [V].
    fall
        By how much the voltage falls at the end [V/s], 0 or above.
    period
        Between the last samples [s]: the end voltage was reached at some time between them.
    current_uncertainty, voltage_uncertainty
        Standard uncertainty that the readings carried [A], [V]; None where they carried none.
    """

    capacity: float
    energy: float
    duration: float
    current: float
    voltage: float
    fall: float
    period: float
    current_uncertainty: float | None
    voltage_uncertainty: float | None


def discharge_budgets(found: Discharged, rules: Mapping[str, Any]) -> dict[str, Budget]:
    """Give the budget of each result.

    Parameters
    ----------
    rules
        Table ``uncertainty`` of the method data: permitted deviations of `current`, `voltage` and
        `time` [%], taken where the readings carry no uncertainty of their own.
    """
    ampere = _gain("g_I", found.current, found.current_uncertainty, rules["current"], "current")
    volt = _gain("g_U", found.voltage, found.voltage_uncertainty, rules["voltage"], "voltage")
    clock = rectangular("g_t", 1.0, rules["time"] / _PERCENT, name="time base")
    # How long the end comes too early or too late where the voltmeter deviates.
    off = volt.uncertainty * found.voltage
    late = off / found.fall / _HOUR if found.fall > 0.0 else 0.0
    end = standard("d_e", 0.0, late, unit="h", name="end voltage")
    step = rectangular("d_s", 0.0, found.period / _HOUR, unit="h", name="sampling")
    ending = [clock, end, step]

    def charge(g_I: Number, g_t: Number, d_e: Number, d_s: Number) -> Number:  # noqa: N803
        return g_I * (found.capacity * g_t + found.current * (d_e + d_s))

    def work(g_I: Number, g_U: Number, g_t: Number, d_e: Number, d_s: Number) -> Number:  # noqa: N803
        power = found.current * found.voltage
        return g_I * g_U * (found.energy * g_t + power * (d_e + d_s))

    def mean(g_U: Number) -> Number:  # noqa: N803
        return found.energy / found.capacity * g_U

    def lasting(g_t: Number, d_e: Number, d_s: Number) -> Number:
        return found.duration * g_t + d_e + d_s

    return {
        "capacity": _budget(charge, [ampere, *ending], "capacity", "A h"),
        "energy": _budget(work, [ampere, volt, *ending], "energy", "W h"),
        "mean_voltage": _budget(mean, [volt], "mean_voltage", "V"),
        "duration": _budget(lasting, ending, "duration", "h"),
    }


def _gain(symbol: str, value: float, known: float | None, permitted: float, name: str) -> Input:
    if known is not None and value:
        return standard(symbol, 1.0, known / abs(value), name=name)
    return rectangular(symbol, 1.0, permitted / _PERCENT, name=name)


def _budget(model: Callable[..., Number], inputs: list[Input], measurand: str, unit: str) -> Budget:
    return propagate(model, inputs, measurand=measurand, unit=unit, draws=_DRAWS, digits=2)

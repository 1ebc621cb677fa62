"""What insulation resistance, test voltage, leakage and their times are uncertain by."""

from collections.abc import Mapping
from typing import Any

from testbed.evaluation.uncertainty import Budget, Input, propagate, rectangular, standard
from testbed.procedure.results import Obtained

__all__ = ["withstand_budgets"]

_CHANNEL = {"u_rms": "voltage", "u_ins": "voltage", "i_max": "leakage", "r_ins": "resistance"}
_UNIT = {"u_rms": "V", "u_ins": "V", "i_max": "A", "r_ins": "ohm"}


def withstand_budgets(
    values: Mapping[str, Obtained],
    stated: Mapping[str, float | None],
    periods: Mapping[str, float],
    rules: Mapping[str, Any],
) -> dict[str, Budget]:
    """Give the budget of every value of which it is known how well it was measured.

    Parameters
    ----------
    values
        What was obtained.
    stated
        Standard uncertainty of the readings of ``voltage`` [V], ``leakage`` [A] and ``resistance``
        [ohm], the largest of the run; None where the instrument states none.
    periods
        Of the samples that a time was read from, by measurand [s].
    rules
        ``climate``, largest share of a resistance [%], and ``clock`` [s].
    """
    found: dict[str, Budget] = {}
    climate = 0.01 * float(rules["climate"])
    for name, each in values.items():
        if each.value is None:
            continue
        if name in periods:
            found[name] = _of_time(name, each.value, periods[name], float(rules["clock"]))
        elif name == "breakdowns":
            found[name] = _sum(name, "1", (standard("count", each.value, 0.0, name="counted"),))
        elif name in _CHANNEL and (deviation := stated[_CHANNEL[name]]) is not None:
            share = climate if name == "r_ins" else 0.0
            found[name] = _of_reading(name, each.value, deviation, share)
    return found


def _sum(measurand: str, unit: str, inputs: tuple[Input, ...]) -> Budget:
    return propagate(
        lambda **given: sum(given.values()),
        inputs,
        measurand=measurand,
        unit=unit,
        draws=None,
    )


def _of_time(measurand: str, seconds: float, period: float, clock: float) -> Budget:
    inputs = (
        standard("proven", seconds, 0.0, unit="s", name="proven by samples"),
        rectangular("sampling", 0.0, period, unit="s", name="between samples"),
        rectangular("clock", 0.0, clock, unit="s", name="time base"),
    )
    return _sum(measurand, "s", inputs)


def _of_reading(measurand: str, value: float, deviation: float, share: float) -> Budget:
    unit = _UNIT[measurand]
    inputs = (
        standard("indication", value, deviation, unit=unit, name="specification of the tester"),
        rectangular("climate", 0.0, share * value, unit=unit, name="temperature and humidity"),
    )
    return _sum(measurand, unit, inputs)

"""Budgets of efficiencies, resistances and the quantities of a two-pole."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from testbed.evaluation.uncertainty.budget import Budget
from testbed.evaluation.uncertainty.functions import Number, arctan2, sqrt
from testbed.evaluation.uncertainty.propagation import propagate
from testbed.evaluation.uncertainty.quantities import Input
from testbed.evaluation.uncertainty.sources import observations

__all__ = ["efficiency_budget", "resistance_budget", "two_pole_budget"]


def efficiency_budget(
    output: Input,
    input_: Input,
    *,
    correlation: float = 0.0,
    repeats: Sequence[float] = (),
    draws: int | None = None,
) -> Budget:
    """Give the budget of ``eta = P_out / P_in`` [1].

    Parameters
    ----------
    output, input_
        Both powers [W], with the symbols ``p_out`` and ``p_in``.
    correlation
        Of both: two channels of one analyser share much of their error.
    repeats
        Relative deviations of repeated efficiencies from their mean [1]; none where fewer than two.
    draws
        Of the simulation that validates the result; None asks for none.
    """
    scatter = [observations("repeat", repeats)] if len(repeats) > 1 else []

    def ratio(p_out: Number, p_in: Number, repeat: Number = 0.0) -> Number:
        return p_out / p_in * (1.0 + repeat)

    return propagate(
        ratio, [output, input_, *scatter], measurand="efficiency", draws=draws,
        correlations={("p_out", "p_in"): correlation} if correlation else None,
    )  # fmt: skip


def resistance_budget(
    resistances: Sequence[float],
    *,
    voltage_gain: Input,
    current_gain: Input,
    emf_change: Input,
    temperature: Input,
    alpha: Input,
    current: float,
    reference: float = 20.0,
    measurand: str = "reference_resistance",
    draws: int | None = None,
) -> Budget:
    """Give the budget of a resistance at its reference temperature [ohm].

    Offsets of the voltmeter and thermal voltages that stay the same drop out by the reversal: what
    is left of them are gains, and changes between one reading and the next.

    Parameters
    ----------
    resistances
        Of each reversal [ohm].
    voltage_gain, current_gain
        True over indicated value [1], with the symbols ``g_u`` and ``g_i``.
    emf_change
        Change of the thermal voltage between both readings [V], symbol ``de``.
    temperature, alpha
        [degC] and [1/K], symbols ``t`` and ``alpha``.
    current
        Size of the test current [A].
    reference
        [degC].
    measurand
        Name of the result.
    """

    def reduced(
        r: Number,
        g_u: Number,
        g_i: Number,
        de: Number,
        t: Number,
        alpha: Number,
    ) -> Number:
        found = r * g_u / g_i + de / (2.0 * current)
        return found / (1.0 + alpha * (t - reference))

    inputs = [observations("r", resistances, unit="ohm"), voltage_gain, current_gain, emf_change,
              temperature, alpha]  # fmt: skip
    return propagate(reduced, inputs, measurand=measurand, unit="ohm", draws=draws)


def _capacitance(frequency: float) -> Callable[..., Number]:
    def model(r: Number, x: Number) -> Number:
        return -1.0 / (2.0 * math.pi * frequency * x) + 0.0 * r

    return model


def _inductance(frequency: float) -> Callable[..., Number]:
    def model(r: Number, x: Number) -> Number:
        return x / (2.0 * math.pi * frequency) + 0.0 * r

    return model


def _dissipation(frequency: float) -> Callable[..., Number]:
    def model(r: Number, x: Number) -> Number:
        return r / sqrt(x * x)

    return model


def _magnitude(frequency: float) -> Callable[..., Number]:
    def model(r: Number, x: Number) -> Number:
        return sqrt(r * r + x * x)

    return model


def _angle(frequency: float) -> Callable[..., Number]:
    def model(r: Number, x: Number) -> Number:
        return arctan2(x, r) * (180.0 / math.pi)

    return model


def _series_resistance(frequency: float) -> Callable[..., Number]:
    def model(r: Number, x: Number) -> Number:
        return r + 0.0 * x

    return model


def _quality(frequency: float) -> Callable[..., Number]:
    def model(r: Number, x: Number) -> Number:
        return sqrt(x * x) / r

    return model


TwoPoleQuantity = Literal[
    "magnitude",
    "angle",
    "series_resistance",
    "series_capacitance",
    "series_inductance",
    "dissipation",
    "quality",
]
_MODELS: Mapping[str, tuple[Callable[[float], Callable[..., Number]], str]] = {
    "magnitude": (_magnitude, "ohm"),
    "angle": (_angle, "degree"),
    "series_resistance": (_series_resistance, "ohm"),
    "series_capacitance": (_capacitance, "F"),
    "series_inductance": (_inductance, "H"),
    "dissipation": (_dissipation, "1"),
    "quality": (_quality, "1"),
}


def two_pole_budget(
    quantity: TwoPoleQuantity,
    frequency: float,
    resistance: Input,
    reactance: Input,
    *,
    draws: int | None = None,
) -> Budget:
    """Give the budget of a quantity of a two-pole from both parts of its impedance.

    Parameters
    ----------
    frequency
        [Hz], taken as exact: its error is a thousandth of that of an impedance.
    resistance, reactance
        [ohm], with the symbols ``r`` and ``x``.
    """
    model, unit = _MODELS[quantity]
    return propagate(
        model(frequency), [resistance, reactance], measurand=quantity, unit=unit, draws=draws
    )

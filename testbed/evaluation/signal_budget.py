"""Uncertainty of what an oscilloscope tells of a signal source.

Its gain is the same for all records, so that it falls out of the flatness; its time base bounds
what is known of a frequency.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from testbed.evaluation.sine import Sine
from testbed.evaluation.uncertainty.budget import Budget
from testbed.evaluation.uncertainty.functions import Number
from testbed.evaluation.uncertainty.propagation import propagate
from testbed.evaluation.uncertainty.quantities import Input
from testbed.evaluation.uncertainty.sources import rectangular, standard

__all__ = ["signal_budgets"]

_PERCENT = 100.0
_DRAWS = 50_000


def signal_budgets(
    first: Sine,
    values: Mapping[str, float],
    *,
    asked: float,
    samples: int,
    length: float,
    rules: Mapping[str, Any],
) -> dict[str, Budget]:
    """Give the budget of each result.

    Parameters
    ----------
    first
        Sine at the lowest frequency.
    values
        Results by measurand: `flatness` and `frequency_error` [%], `offset` [V].
    asked
        Amplitude as it was set [V], peak to peak.
    samples, length
        Of one record; its length [s].
    rules
        Table ``uncertainty`` of the method data: largest deviations of `gain`, `response` and
        `time_base` [%], and of `zero`, as a share of the amplitude [%].

    References
    ----------
    IEEE Std 1057-2017, annex B: bounds of what a fit of a sine can know in noise.
    """
    height = 2.0 * first.amplitude
    of_height = 2.0 * first.residual * math.sqrt(2.0 / samples)
    of_frequency = (
        math.sqrt(6.0 / samples)
        * first.residual
        / (math.pi * length * first.amplitude * first.frequency)
    )
    gain = rectangular("g", 1.0, rules["gain"] / _PERCENT, name="gain")
    fitted = standard("h", height, of_height, unit="V", name="fit")
    zero = rectangular("z", 0.0, rules["zero"] / _PERCENT * asked, unit="V", name="zero")
    level = standard("u", values["offset"], first.residual / math.sqrt(samples), unit="V")
    apart = math.sqrt(2.0) * of_height / height * _PERCENT
    uneven = standard("f", values["flatness"], apart, unit="%", name="fit")
    response = rectangular("r", 0.0, rules["response"], unit="%", name="response")
    ticks = rectangular("c", 0.0, rules["time_base"], unit="%", name="time base")
    timed = standard("n", values["frequency_error"], of_frequency * _PERCENT, unit="%", name="fit")

    def amplitude(h: Number, g: Number) -> Number:
        return h * g

    def error(h: Number, g: Number) -> Number:
        return _PERCENT * (h * g / asked - 1.0)

    return {
        "found_amplitude": _budget(amplitude, [fitted, gain], "found_amplitude", "V"),
        "amplitude_error": _budget(error, [fitted, gain], "amplitude_error", "%"),
        "offset": _budget(lambda u, z: u + z, [level, zero], "offset", "V"),
        "flatness": _budget(lambda f, r: f + r, [uneven, response], "flatness", "%"),
        "frequency_error": _budget(lambda n, c: n + c, [timed, ticks], "frequency_error", "%"),
    }


def _budget(model: Callable[..., Number], inputs: list[Input], measurand: str, unit: str) -> Budget:
    return propagate(model, inputs, measurand=measurand, unit=unit, draws=_DRAWS, digits=2)

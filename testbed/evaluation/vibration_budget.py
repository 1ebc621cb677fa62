"""What the results of vibration tests are uncertain by: accelerometer, mounting, statistics, time.

Shares of an acceleration are independent of each other and alike at all frequencies. A spectral
density is a square: each of them counts twice, and its statistics on top.
"""

import math
from collections.abc import Mapping
from typing import Any

from testbed.evaluation.resonance import Resonance
from testbed.evaluation.uncertainty import (
    Budget,
    Input,
    certificate,
    propagate,
    rectangular,
    standard,
)

__all__ = [
    "acceleration_inputs",
    "change_budget",
    "counted_budget",
    "exposure_budget",
    "level_budget",
    "resonance_budgets",
    "scaled_budget",
]

_PERCENT = 0.01
_DECIBEL = 10.0 / math.log(10.0)  # of a share of a density


def acceleration_inputs(rules: Mapping[str, Any]) -> tuple[Input, ...]:
    """List the shares [1] by which an acceleration may be off.

    Parameters
    ----------
    rules
        ``sensitivity`` with its ``factor`` k, and the largest shares ``mounting``, ``cross_axis``
        and ``acquisition`` [%].
    """
    bounds = (
        rectangular(name, 0.0, _PERCENT * float(rules[name]), name=name.replace("_", " "))
        for name in ("mounting", "cross_axis", "acquisition")
    )
    calibrated = certificate(
        "sensitivity",
        0.0,
        _PERCENT * float(rules["sensitivity"]),
        float(rules["factor"]),
        name="calibration of the accelerometer",
    )
    return (calibrated, *bounds)


def level_budget(measurand: str, level: float, freedom: float, rules: Mapping[str, Any]) -> Budget:
    """Give the budget of the deviation of one line [dB].

    Parameters
    ----------
    freedom
        Statistical degrees of freedom: the relative standard deviation is sqrt(2/freedom).
    """
    scatter = standard("statistics", 0.0, math.sqrt(2.0 / freedom), name="statistics of the line")
    return propagate(
        lambda statistics, **shares: level + _DECIBEL * (statistics + 2.0 * sum(shares.values())),
        (scatter, *acceleration_inputs(rules)),
        measurand=measurand,
        unit="dB",
        draws=None,
    )


def scaled_budget(
    measurand: str,
    unit: str,
    acceleration: float,
    rules: Mapping[str, Any],
    *,
    scatter: float = 0.0,
    demanded: float | None = None,
) -> Budget:
    """Give the budget of an acceleration, or of its deviation from what was demanded [%].

    Parameters
    ----------
    acceleration
        As found [m/s2].
    scatter
        Its relative standard deviation by statistics [1].
    demanded
        [m/s2]; None where the acceleration itself is the result.
    """
    per, less = (1.0, 0.0) if demanded is None else (100.0 / demanded, 100.0)
    return propagate(
        lambda **shares: acceleration * per * (1.0 + sum(shares.values())) - less,
        (
            standard("statistics", 0.0, scatter, name="statistics"),
            *acceleration_inputs(rules),
        ),
        measurand=measurand,
        unit=unit,
        draws=None,
    )


def counted_budget(measurand: str, unit: str, value: float, *, share: float = 0.0) -> Budget:
    """Give the budget of what is counted or a ratio, off by a share [1] at most; often by none."""
    return propagate(
        lambda value, share: value * (1.0 + share),
        (
            standard("value", value, 0.0, unit=unit, name="as counted"),
            rectangular("share", 0.0, share, name="time base or linearity"),
        ),
        measurand=measurand,
        unit=unit,
        draws=None,
    )


def exposure_budget(minutes: float, period: float, rules: Mapping[str, Any]) -> Budget:
    """Give the budget of a proven exposure [min].

    Parameters
    ----------
    period
        Between two samples [s]: what lies beyond the first and the last inside is not counted.
    rules
        ``clock``, largest share of the time base [%].
    """
    return propagate(
        lambda proven, sampling, clock: proven * (1.0 + clock) + sampling,
        (
            standard("proven", minutes, 0.0, unit="min", name="proven by samples"),
            rectangular("sampling", 0.0, period / 60.0, unit="min", name="between samples"),
            rectangular("clock", 0.0, _PERCENT * float(rules["clock"]), name="time base"),
        ),
        measurand="exposure",
        unit="min",
        draws=None,
    )


def resonance_budgets(found: Resonance, when: str, rules: Mapping[str, Any]) -> dict[str, Budget]:
    """Give the budgets of a resonance "before" or "after": frequency [Hz] and quality factors."""
    budgets = {
        f"frequency_{when}": propagate(
            lambda fit: fit,
            (_frequency("fit", found, rules),),
            measurand=f"frequency_{when}",
            unit="Hz",
            draws=None,
        )
    }
    share = _PERCENT * float(rules["q_fit"])
    for name, q in ((f"q_{when}", found.q), (f"q_phase_{when}", found.phase_q)):
        if q is not None:
            budgets[name] = propagate(
                lambda fit: fit,
                (standard("fit", q, share * q, name="fit of the resonance"),),
                measurand=name,
                unit="1",
                draws=None,
            )
    return budgets


def change_budget(
    measurand: str, before: Resonance, after: Resonance, rules: Mapping[str, Any]
) -> Budget | None:
    """Give the budget of "frequency_change" or "q_change" [%]; None where Q is not known."""
    if measurand == "frequency_change":
        inputs = (_frequency("first", before, rules), _frequency("then", after, rules))
    elif before.q is None or after.q is None:
        return None
    else:
        share = _PERCENT * float(rules["q_fit"])
        inputs = (
            standard("first", before.q, share * before.q, name="fit before"),
            standard("then", after.q, share * after.q, name="fit after"),
        )
    return propagate(
        lambda first, then: 100.0 * (then / first - 1.0),
        inputs,
        measurand=measurand,
        unit="%",
        draws=None,
    )


def _frequency(symbol: str, found: Resonance, rules: Mapping[str, Any]) -> Input:
    # A resonance is found to a share of its width; without Q the width is that of its ratio.
    width = found.frequency / (found.q or max(found.ratio, 1.0))
    deviation = _PERCENT * float(rules["width_fit"]) * width
    return standard(symbol, found.frequency, deviation, unit="Hz", name="fit of the resonance")

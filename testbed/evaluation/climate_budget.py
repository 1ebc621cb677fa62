"""What the results of climatic tests are uncertain by: sensor, logger, drift, place, radiation.

A deviation of temperature carries all of it. A rate is the difference of two readings of one
sensor: what does not change between them cancels. A dwell begins when a sensor crosses the edge
of its band, so that its length is uncertain by the deviation over the rate of the crossing.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from testbed.evaluation.uncertainty import (
    Budget,
    Input,
    certificate,
    drift,
    propagate,
    rectangular,
    resolution,
    standard,
)

__all__ = [
    "ClimateFacts",
    "climate_facts",
    "deviation_budget",
    "dwell_budget",
    "held_budget",
    "humidity_budget",
    "rate_budget",
    "temperature_inputs",
]

_MINUTE = 60.0
_HOUR = 3600.0
_B, _C = 17.62, 243.12  # Magnus: WMO-No. 8 (2018), annex 4.B


@dataclass(frozen=True, slots=True, kw_only=True)
class ClimateFacts:
    """What is known of the sensors of a climatic test.

    Attributes
    ----------
    sensor_expanded, sensor_factor
        U [K] and k of the monitoring sensor's certificate.
    sensor_drift
        Largest change since then [K].
    logger
        Largest error of the logger, its reference junction included [K].
    radiation
        Largest error by radiation of the walls [K].
    resolution
        Of the logger [K].
    noise
        Standard deviation of one reading [K].
    clock
        Largest relative error of the time base [1].
    hygrometer_expanded, hygrometer_factor, hygrometer_drift
        The same of the hygrometer [%].
    """

    sensor_expanded: float
    sensor_factor: float
    sensor_drift: float
    logger: float
    radiation: float
    resolution: float
    noise: float
    clock: float
    hygrometer_expanded: float = 0.0
    hygrometer_factor: float = 2.0
    hygrometer_drift: float = 0.0


def climate_facts(data: Mapping[str, Any]) -> ClimateFacts:
    """Read what a method's data assume of the sensors, until certificates say more."""
    return ClimateFacts(**{name: float(value) for name, value in data["uncertainty"].items()})


def temperature_inputs(
    value: float, facts: ClimateFacts, *, uniformity: float = 0.0
) -> tuple[Input, ...]:
    """List what a temperature, or its deviation from a nominal one, is uncertain by [K].

    Parameters
    ----------
    value
        As found [K] or [degC].
    uniformity
        Largest difference of two places of the working space [K]: the specimen is somewhere
        between them.
    """
    return (
        standard("indication", value, facts.noise, unit="K", name="indication"),
        certificate(
            "sensor", 0.0, facts.sensor_expanded, facts.sensor_factor, unit="K", name="calibration"
        ),
        drift("sensor_drift", facts.sensor_drift, unit="K", name="drift of the sensor"),
        rectangular("logger", 0.0, facts.logger, unit="K", name="logger"),
        resolution("step", facts.resolution, unit="K", name="resolution"),
        rectangular("radiation", 0.0, facts.radiation, unit="K", name="radiation"),
        rectangular("place", 0.0, 0.5 * uniformity, unit="K", name="variation in space"),
    )


def deviation_budget(
    value: float,
    facts: ClimateFacts,
    *,
    measurand: str = "max_deviation",
    unit: str = "K",
    uniformity: float = 0.0,
    draws: int | None = None,
) -> Budget:
    """Give the budget of a temperature, or its deviation [K]: every input counts as it is."""
    return propagate(
        lambda indication, sensor, sensor_drift, logger, step, radiation, place: (
            indication + sensor + sensor_drift + logger + step + radiation + place
        ),
        temperature_inputs(value, facts, uniformity=uniformity),
        measurand=measurand,
        unit=unit,
        draws=draws,
    )


def held_budget(
    dwell: float, facts: ClimateFacts, *, period: float, draws: int | None = None
) -> Budget:
    """Give the budget of a dwell [h] that begins by the clock, sampled every `period` [s].

    What lies before its first sample and after its last was not recorded.
    """
    inputs = (
        rectangular("sampling", 0.0, period / _HOUR, unit="h", name="between samples"),
        rectangular("clock", 1.0, facts.clock, name="time base"),
    )
    return propagate(
        lambda sampling, clock: dwell * clock + sampling,
        inputs,
        measurand="dwell",
        unit="h",
        draws=draws,
    )


def rate_budget(
    rate: float, over: float, facts: ClimateFacts, *, draws: int | None = None
) -> Budget:
    """Give the budget of a mean rate [K/min] over a time `over` [s].

    Raises
    ------
    ValueError
        `over` is not above 0.
    """
    if not over > 0.0:
        raise ValueError(f"a rate over {over} s")
    minutes = over / _MINUTE
    one_reading = math.hypot(facts.noise, facts.resolution / math.sqrt(12.0))
    inputs = (
        standard("end", rate * minutes, one_reading, unit="K", name="reading at the end"),
        standard("begin", 0.0, one_reading, unit="K", name="reading at the beginning"),
        rectangular("clock", 1.0, facts.clock, name="time base"),
    )
    return propagate(
        lambda end, begin, clock: (end - begin) / (clock * minutes),
        inputs,
        measurand="rate",
        unit="K/min",
        draws=draws,
    )


def dwell_budget(
    dwell: float,
    facts: ClimateFacts,
    *,
    entry_rate: float,
    period: float,
    draws: int | None = None,
) -> Budget:
    """Give the budget of a proven dwell [h].

    Parameters
    ----------
    dwell
        [h].
    entry_rate
        Rate at which the monitoring sensor crossed the edge of its band [K/min], positive.
    period
        Between two samples [s]: the crossing lies before the first sample inside, by at most so
        much, and what lies after the last sample was not recorded.

    Raises
    ------
    ValueError
        `entry_rate` is not above 0.
    """
    if not entry_rate > 0.0:
        raise ValueError(f"a crossing at {entry_rate} K/min")
    edge = math.sqrt(sum(each.uncertainty**2 for each in temperature_inputs(0.0, facts)))
    inputs = (
        standard("proven", dwell, 0.0, unit="h", name="proven by samples"),
        rectangular("sampling", 0.0, period / _HOUR, unit="h", name="between samples"),
        standard("edge", 0.0, edge, unit="K", name="edge of the band"),
        rectangular("clock", 1.0, facts.clock, name="time base"),
    )
    per_kelvin = _MINUTE / _HOUR / entry_rate
    return propagate(
        lambda proven, sampling, edge, clock: proven * clock + sampling + edge * per_kelvin,
        inputs,
        measurand="dwell",
        unit="h",
        draws=draws,
    )


def humidity_budget(
    value: float,
    facts: ClimateFacts,
    *,
    humidity: float,
    temperature: float,
    uniformity: float = 0.0,
    draws: int | None = None,
) -> Budget:
    """Give the budget of a deviation of relative humidity [%].

    Parameters
    ----------
    value
        As found [%].
    humidity, temperature
        Nominal climate [%], [degC]: a specimen that is warmer by 1 K than the hygrometer is in
        drier air, at the same vapour pressure.
    uniformity
        Largest difference of temperature of two places [K].
    """
    per_kelvin = humidity * _B * _C / (_C + temperature) ** 2
    inputs = (
        certificate(
            "hygrometer",
            value,
            facts.hygrometer_expanded,
            facts.hygrometer_factor,
            unit="%",
            name="calibration of the hygrometer",
        ),
        drift("aged", facts.hygrometer_drift, unit="%", name="drift of the hygrometer"),
        rectangular("place", 0.0, 0.5 * uniformity, unit="K", name="variation in space"),
    )
    return propagate(
        lambda hygrometer, aged, place: hygrometer + aged - per_kelvin * place,
        inputs,
        measurand="max_humidity_deviation",
        unit="%",
        draws=draws,
    )

"""A step-down DC/DC converter: losses mapped over input voltage and load, lock-out, foldback."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.simulators.accepted import above_zero, not_negative
from instruments.simulators.thermal import ThermalMass
from instruments.simulators.waveform import sample

__all__ = ["Converter", "ConverterModel"]

_COPPER = 3.9e-3  # [1/K]
_MAPPED_AT = 25.0  # [degC]
_INPUTS, _LOADS = 9, 13  # nodes of the map


@dataclass(frozen=True, slots=True, kw_only=True)
class ConverterModel:
    """What makes one converter differ from another.

    Attributes
    ----------
    output_voltage, rated_current
        At no load [V] and at most [A].
    lowest_input, hysteresis, highest_input
        It starts at `lowest_input` [V], stops `hysteresis` [V] below it and above `highest_input`.
    output_resistance
        Slope of the output voltage [ohm].
    idle_power
        Loss of its controller [W].
    switching_loss
        Loss of the switching edges per volt of input and ampere of output [W/(V A)].
    gate_loss
        Loss that grows with the square of the input voltage [W/V2].
    conduction_resistance
        Of switches and coil at 25 degC [ohm]; it warms like copper.
    current_limit, short_circuit
        Shares of the rated current at which the output folds back and that flow into a short.
    shutdown, restart
        Temperatures at which it switches itself off and on again [degC].
    leakage
        Input current while off [A].
    switching_frequency, coil, filter_capacitance, filter_resistance
        What makes the ripple: frequency [Hz], coil [H], output capacitors [F] and their series
        resistance [ohm].
    thermal_resistance, thermal_tau
        From the converter to the air [K/W], and its time constant [s].
    """

    output_voltage: float = 5.0
    rated_current: float = 3.0
    lowest_input: float = 7.0
    hysteresis: float = 0.5
    highest_input: float = 36.0
    output_resistance: float = 0.005
    idle_power: float = 0.06
    switching_loss: float = 0.014
    gate_loss: float = 2e-5
    conduction_resistance: float = 0.08
    current_limit: float = 1.2
    short_circuit: float = 0.4
    shutdown: float = 150.0
    restart: float = 130.0
    leakage: float = 2e-5
    switching_frequency: float = 400e3
    coil: float = 10e-6
    filter_capacitance: float = 47e-6
    filter_resistance: float = 0.01
    thermal_resistance: float = 18.0
    thermal_tau: float = 60.0

    def __post_init__(self) -> None:
        above_zero(self, "output_voltage", "rated_current", "lowest_input", "highest_input")
        above_zero(self, "idle_power", "thermal_resistance", "thermal_tau", "short_circuit")
        not_negative(self, "hysteresis", "output_resistance", "switching_loss", "gate_loss")
        above_zero(self, "switching_frequency", "coil", "filter_capacitance")
        not_negative(self, "conduction_resistance", "leakage", "filter_resistance")
        if not self.hysteresis < self.lowest_input < self.highest_input:
            raise ValueError(
                "lowest_input is refused; accepted: above hysteresis, below highest_input"
            )
        if not self.short_circuit <= 1 <= self.current_limit:
            raise ValueError(
                "current_limit and short_circuit are refused; accepted: short_circuit up to 1, "
                "current_limit from 1"
            )
        if not self.restart < self.shutdown:
            raise ValueError(f"restart {self.restart!r} is refused; accepted: below shutdown")

    @property
    def largest_current(self) -> float:
        """Output current at which it folds back [A]."""
        # 1.2 x 3.0 is a hair below 3.6 in floating point; exactly the limit does not fold.
        return self.current_limit * self.rated_current * (1 + 1e-9)


class Converter:
    """The state of one converter: its temperature, and whether it has started."""

    def __init__(self, model: ConverterModel, ambient: float) -> None:
        self.model = model
        self.started = False
        self.overheated = False
        self._body = ThermalMass(ambient, model.thermal_resistance, model.thermal_tau)
        self._inputs = np.linspace(
            model.lowest_input - model.hysteresis, model.highest_input, _INPUTS
        )
        # Denser where light loads bend the efficiency.
        self._loads = model.largest_current * np.linspace(0.0, 1.0, _LOADS) ** 2
        volts, amperes = self._inputs[:, None], self._loads[None, :]
        self._losses = (
            model.idle_power
            + model.gate_loss * volts**2
            + model.switching_loss * volts * amperes
            + model.conduction_resistance * amperes**2
        )

    @property
    def temperature(self) -> float:
        """Of its hottest part [degC]."""
        return self._body.temperature

    def runs(self, input_voltage: float) -> bool:
        """Tell whether it converts at this input [V], given whether it did before."""
        model = self.model
        least = model.lowest_input - (model.hysteresis if self.started else 0.0)
        return not self.overheated and least <= input_voltage <= model.highest_input

    def output_current(self, input_voltage: float, demanded: float) -> float:
        """Give what flows when a sink demands a current [A]; more than the limit folds it back."""
        if not self.runs(input_voltage):
            return 0.0
        model = self.model
        if demanded > model.largest_current:
            return model.short_circuit * model.rated_current
        return max(demanded, 0.0)

    def output_voltage(self, input_voltage: float, output_current: float) -> float:
        """Give the output [V] under a sink of constant current [A]; 0 beyond the limit."""
        if not self.runs(input_voltage) or output_current > self.model.largest_current:
            return 0.0
        return self.model.output_voltage - max(output_current, 0.0) * self.model.output_resistance

    def loss(self, input_voltage: float, output_current: float) -> float:
        """Give the power that it turns into heat [W], at its present temperature."""
        if not self.runs(input_voltage):
            return max(input_voltage, 0.0) * self.model.leakage
        current = self.output_current(input_voltage, output_current)
        warmer = _COPPER * (self.temperature - _MAPPED_AT) * self.model.conduction_resistance
        # A folded output drops its voltage in the switches, at a duty that the map already holds.
        return max(self._mapped(input_voltage, current) + warmer * current**2, 0.0)

    def efficiency(self, input_voltage: float, output_current: float) -> float:
        """Give output power over input power [1]; 0 while it delivers nothing."""
        delivered = self._delivered(input_voltage, output_current)
        return delivered / (delivered + self.loss(input_voltage, output_current) or 1.0)

    def input_current(self, input_voltage: float, output_current: float) -> float:
        """Give what it draws from its source [A]."""
        if not input_voltage > 0:
            return 0.0
        delivered = self._delivered(input_voltage, output_current)
        return (delivered + self.loss(input_voltage, output_current)) / input_voltage

    def ripple(self, input_voltage: float, times: ArrayLike, *, at: float) -> NDArray[np.float64]:
        """Give the ripple of the output [V] in continuous conduction, `times` [s] after `at` [s].

        The coil's current rises while the switch conducts and falls else; its capacitors make of
        it a voltage, here a triangle as a series resistance does.
        """
        model = self.model
        duty = min(model.output_voltage / max(input_voltage, model.output_voltage), 1.0)
        height = self.ripple_height(input_voltage)
        turns = model.switching_frequency * at % 1.0
        return sample("ramp", model.switching_frequency, height, 0.0, 360.0 * turns, duty, times)

    def ripple_height(self, input_voltage: float) -> float:
        """Give the ripple of the output [V], peak to peak."""
        model, frequency = self.model, self.model.switching_frequency
        duty = min(model.output_voltage / max(input_voltage, model.output_voltage), 1.0)
        current = model.output_voltage * (1.0 - duty) / (model.coil * frequency)
        capacitive = 1.0 / (8.0 * frequency * model.filter_capacitance)
        return current * (model.filter_resistance + capacitive)

    def pass_time(
        self, input_voltage: float, output_current: float, seconds: float, ambient: float
    ) -> None:
        """Let it warm under constant input [V] and load [A] in air of `ambient` [degC].

        Start and stop are latched here: `runs` asks, it does not change.
        """
        self.started = self.runs(input_voltage)
        watts = self.loss(input_voltage, output_current)
        current = self.output_current(input_voltage, output_current)
        feedback = _COPPER * self.model.conduction_resistance * current**2
        whole = min(self._body.reaches(self.model.shutdown, watts, ambient, feedback), seconds)
        self._body.pass_time(watts, whole, ambient, feedback)
        if whole < seconds:
            self.overheated = True
            self.started = False
            self._body.pass_time(0.0, seconds - whole, ambient)
        if self.temperature < self.model.restart:
            self.overheated = False

    def _delivered(self, input_voltage: float, output_current: float) -> float:
        volts = self.output_voltage(input_voltage, output_current)
        return volts * max(output_current, 0.0)

    def _mapped(self, input_voltage: float, output_current: float) -> float:
        """Interpolate the map of losses between its four nearest nodes [W]."""
        row, across = _place(self._inputs, input_voltage)
        column, along = _place(self._loads, output_current)
        (a, b), (c, d) = self._losses[row : row + 2, column : column + 2]
        low, high = a + (b - a) * along, c + (d - c) * along
        return float(low + (high - low) * across)


def _place(nodes: NDArray[np.float64], value: float) -> tuple[int, float]:
    """Find the node below a value and the share of the way to the next."""
    index = int(np.clip(np.searchsorted(nodes, value, side="right") - 1, 0, len(nodes) - 2))
    share = (value - nodes[index]) / (nodes[index + 1] - nodes[index])
    return index, float(min(max(share, 0.0), 1.0))

"""Roles of electrical sources and meters."""

from typing import Protocol, runtime_checkable

from instruments.readings import Impedance, Reading
from instruments.roles.instrument import Instrument

__all__ = [
    "ElectronicLoad",
    "LcrMeter",
    "Multimeter",
    "PowerAnalyser",
    "PowerSupply",
    "SourceMeasureUnit",
]


@runtime_checkable
class Multimeter(Instrument, Protocol):
    """Measures direct voltage, direct current and resistance."""

    def dc_voltage(self) -> Reading:
        """Measure the direct voltage [V]."""
        ...

    def dc_current(self) -> Reading:
        """Measure the direct current [A]."""
        ...

    def resistance(self) -> Reading:
        """Measure the resistance [ohm]."""
        ...


@runtime_checkable
class PowerSupply(Instrument, Protocol):
    """Delivers direct voltage with a current limit, on the channel the bench file names."""

    def set_voltage(self, volts: float) -> None:
        """Set the output voltage [V], at least zero."""
        ...

    def set_current_limit(self, amperes: float) -> None:
        """Set the current limit [A], at least zero."""
        ...

    def switch_output(self, on: bool) -> None:
        """Switch the output and read back that it switched."""
        ...

    def output_is_on(self) -> bool:
        """Tell whether the output is on, as the instrument says."""
        ...

    def voltage(self) -> Reading:
        """Measure the voltage at the output terminals [V]."""
        ...

    def current(self) -> Reading:
        """Measure the current delivered [A], positive out of the supply."""
        ...


@runtime_checkable
class ElectronicLoad(Instrument, Protocol):
    """Draws a constant current from the device under test."""

    def set_sink_current(self, amperes: float) -> None:
        """Choose constant-current mode and set the current [A], at least zero."""
        ...

    def switch_input(self, on: bool) -> None:
        """Switch the input and read back that it switched."""
        ...

    def input_is_on(self) -> bool:
        """Tell whether the input is on, as the instrument says."""
        ...

    def voltage(self) -> Reading:
        """Measure the voltage at the input terminals [V]."""
        ...

    def current(self) -> Reading:
        """Measure the current drawn [A], positive into the load."""
        ...


@runtime_checkable
class SourceMeasureUnit(Instrument, Protocol):
    """Sources voltage or current and measures both at its terminals."""

    def source_voltage(self, volts: float, *, current_limit: float) -> None:
        """Source a voltage [V], limiting the current [A]."""
        ...

    def source_current(self, amperes: float, *, voltage_limit: float) -> None:
        """Source a current [A], limiting the voltage [V]."""
        ...

    def switch_output(self, on: bool) -> None:
        """Switch the output and read back that it switched."""
        ...

    def output_is_on(self) -> bool:
        """Tell whether the output is on, as the instrument says."""
        ...

    def voltage(self) -> Reading:
        """Measure the voltage at the terminals [V]."""
        ...

    def current(self) -> Reading:
        """Measure the current out of the terminals [A]."""
        ...


@runtime_checkable
class PowerAnalyser(Instrument, Protocol):
    """Measures voltage, current and active power of its elements, numbered from 1."""

    def voltage(self, element: int = 1) -> Reading:
        """Measure the voltage [V] of an element, as its mode says (rms or dc)."""
        ...

    def current(self, element: int = 1) -> Reading:
        """Measure the current [A] of an element."""
        ...

    def active_power(self, element: int = 1) -> Reading:
        """Measure the active power [W] of an element."""
        ...


@runtime_checkable
class LcrMeter(Instrument, Protocol):
    """Measures impedance at a frequency."""

    def set_frequency(self, hertz: float) -> None:
        """Set the frequency of the test signal [Hz]."""
        ...

    def set_level(self, volts: float) -> None:
        """Set the level of the test signal [V rms]."""
        ...

    def impedance(self) -> Impedance:
        """Measure the impedance, and confirm the frequency in the same exchange."""
        ...

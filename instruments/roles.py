"""The roles an instrument can play on a bench, apart from any model.

A method names the roles it needs; the bench's file says which instrument plays which role. Every
role is an `Instrument`: it can say who it is, list its settings, be driven safe and be closed.
Setters raise `SettingRefused` before anything is sent; exchanges raise `InstrumentError`.
"""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from instruments.readings import FrameSample, Identity, Reading

__all__ = [
    "ClimaticChamber",
    "ElectronicLoad",
    "Instrument",
    "LoadFrame",
    "Multimeter",
    "PowerSupply",
]


@runtime_checkable
class Instrument(Protocol):
    """What every role has in common."""

    def identity(self) -> Identity:
        """Ask the instrument who it is."""
        ...

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back the present settings, by name."""
        ...

    def make_safe(self) -> None:
        """Switch every output off and read that back.

        Raises
        ------
        InstrumentFault
            The read-back does not show the safe state.
        """
        ...

    def close(self) -> None:
        """Give the link back. The instrument keeps its state."""
        ...


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
class ClimaticChamber(Instrument, Protocol):
    """Holds a temperature around the specimen."""

    def start(self, temperature: float) -> None:
        """Run at a constant set-point [degC]; may be called again to change it."""
        ...

    def stop(self) -> None:
        """Stop conditioning and read back that it stopped."""
        ...

    def is_running(self) -> bool:
        """Tell whether the chamber is conditioning."""
        ...

    def temperature(self) -> Reading:
        """Measure the air temperature at the control sensor [degC]."""
        ...

    def set_point(self) -> float:
        """Read back the temperature set-point [degC]."""
        ...


@runtime_checkable
class LoadFrame(Instrument, Protocol):
    """Pulls a specimen and reports force, extension and crosshead travel.

    The frame samples by its own clock into a buffer; `samples` empties that buffer, so that no
    sample is lost between two questions.
    """

    def zero(self) -> None:
        """Zero force, extension and travel. Refused by the frame while it moves."""
        ...

    def start(self, speed: float, *, rate: float) -> None:
        """Start the crosshead upwards at `speed` [mm/s], sampling at `rate` [Hz]."""
        ...

    def stop(self) -> None:
        """Stop the crosshead and read back that it stands."""
        ...

    def is_moving(self) -> bool:
        """Tell whether the crosshead moves."""
        ...

    def broken(self) -> bool:
        """Tell whether the frame's break detector has tripped."""
        ...

    def samples(self) -> tuple[FrameSample, ...]:
        """Fetch the samples taken since the last call, oldest first; may be empty."""
        ...

    def force(self) -> Reading:
        """Measure the present force [N], positive in tension."""
        ...

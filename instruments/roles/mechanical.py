"""Roles of machines that pull, indent, shake and weigh."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from instruments.readings import FrameSample, Indentation, Reading
from instruments.roles.instrument import Instrument

__all__ = ["Balance", "HardnessTester", "LoadFrame", "VibrationController"]


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


@runtime_checkable
class HardnessTester(Instrument, Protocol):
    """Makes Vickers indentations and measures their diagonals."""

    def set_force(self, newtons: float) -> None:
        """Choose the test force [N]."""
        ...

    def set_dwell(self, seconds: float) -> None:
        """Choose how long the force acts [s]."""
        ...

    def indent(self) -> Indentation:
        """Make one indentation at a fresh place and measure it."""
        ...


@runtime_checkable
class VibrationController(Instrument, Protocol):
    """Drives a shaker in closed loop and measures control and response."""

    def start_sine(self, hertz: float, *, acceleration: float) -> None:
        """Vibrate at one frequency [Hz] and control level [m/s2, peak]."""
        ...

    def start_random(self, breakpoints: Sequence[tuple[float, float]]) -> None:
        """Vibrate by a spectrum: frequencies [Hz] to densities [(m/s2)2/Hz]."""
        ...

    def stop(self) -> None:
        """Run the drive down and read back that it stands."""
        ...

    def is_running(self) -> bool:
        """Tell whether the shaker is driven."""
        ...

    def control(self) -> Reading:
        """Measure the level at the control accelerometer [m/s2]: peak for sine, rms for random."""
        ...

    def response(self) -> Reading:
        """Measure the level at the specimen's accelerometer [m/s2]."""
        ...

    def phase(self) -> Reading:
        """Measure the phase of the response against control [deg]."""
        ...


@runtime_checkable
class Balance(Instrument, Protocol):
    """Weighs."""

    def mass(self) -> Reading:
        """Wait until the indication is stable and read it [g]."""
        ...

    def tare(self) -> None:
        """Take the present load for zero."""
        ...

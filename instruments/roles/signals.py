"""Roles of instruments for signals and many channels."""

from typing import Protocol, runtime_checkable

from instruments.readings import Reading, Waveform
from instruments.roles.instrument import Instrument

__all__ = ["DataLogger", "FunctionGenerator", "Oscilloscope"]


@runtime_checkable
class Oscilloscope(Instrument, Protocol):
    """Captures waveforms of its analogue channels, numbered from 1."""

    def set_up(self, *, full_time: float, full_scale: float, channel: int = 1) -> None:
        """Choose the whole horizontal [s] and vertical [V] window of a channel."""
        ...

    def set_trigger(self, level: float, *, channel: int = 1, rising: bool = True) -> None:
        """Trigger on an edge of `channel` at `level` [V]."""
        ...

    def capture(self, *channels: int) -> tuple[Waveform, ...]:
        """Take one acquisition and fetch the waveforms of `channels` [V]."""
        ...


@runtime_checkable
class FunctionGenerator(Instrument, Protocol):
    """Puts out periodic signals, on the channel the bench file names."""

    def set_sine(self, hertz: float, *, amplitude: float, offset: float = 0.0) -> None:
        """Choose a sine of a frequency [Hz], peak-to-peak amplitude [V] and offset [V]."""
        ...

    def set_square(
        self, hertz: float, *, amplitude: float, offset: float = 0.0, duty: float = 50.0
    ) -> None:
        """Choose a square wave; `duty` is the share at the high level [%]."""
        ...

    def switch_output(self, on: bool) -> None:
        """Switch the output and read back that it switched."""
        ...

    def output_is_on(self) -> bool:
        """Tell whether the output is on, as the instrument says."""
        ...


@runtime_checkable
class DataLogger(Instrument, Protocol):
    """Scans many inputs, named by their channel numbers."""

    def thermocouples(self, *channels: int, kind: str = "K") -> tuple[Reading, ...]:
        """Measure temperatures [degC] by thermocouples of one kind, cold junction inside."""
        ...

    def dc_voltages(self, *channels: int) -> tuple[Reading, ...]:
        """Measure direct voltages [V]."""
        ...

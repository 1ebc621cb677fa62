"""What the readings of a channel say of their own uncertainty, gathered while they are recorded."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.readings import Reading, Waveform
from testbed.procedure import Channel

__all__ = ["Uncertainties", "WrongUnit"]


class WrongUnit(ValueError):
    """A reading has another unit than the channel that it was recorded in."""

    def __init__(self, channel: str, unit: str, declared: str) -> None:
        self.channel = channel
        super().__init__(f"channel {channel} is declared in {declared}, the reading is in {unit}")


class Uncertainties:
    """The largest standard uncertainty that the readings of each channel have carried.

    A channel in which one reading came without any has none as a whole. Plain numbers say nothing.

    Parameters
    ----------
    stream
        Name of the stream that the channels belong to, "" for the main one.
    """

    def __init__(self, channels: Iterable[Channel], stream: str = "") -> None:
        self._prefix = f"{stream}_" if stream else ""
        self._units = {channel.name: channel.unit for channel in channels}
        self._largest: dict[str, float] = {}
        self._unknown: set[str] = set()

    def values(self, channels: Mapping[str, float | Reading]) -> dict[str, float]:
        """Give the numbers of one row.

        Raises
        ------
        WrongUnit
            A reading has another unit than its channel.
        """
        row: dict[str, float] = {}
        for name, given in channels.items():
            row[name] = self._value(name, given) if isinstance(given, Reading) else given
        return row

    def arrays(
        self, channels: Mapping[str, ArrayLike | Waveform]
    ) -> dict[str, NDArray[np.float64]]:
        """Give the numbers of a block.

        Raises
        ------
        WrongUnit
            A waveform has another unit than its channel.
        """
        block = {}
        for name, given in channels.items():
            if isinstance(given, Waveform):
                self._take(name, given)
                block[name] = given.values
            else:
                block[name] = np.asarray(given)
        return block

    def _value(self, name: str, reading: Reading) -> float:
        self._take(name, reading)
        return reading.value

    def _take(self, name: str, reading: Reading | Waveform) -> None:
        declared = self._units.get(name, reading.unit)
        if reading.unit != declared:
            raise WrongUnit(name, reading.unit, declared)
        if reading.standard_uncertainty is None:
            self._unknown.add(name)
        elif reading.standard_uncertainty > self._largest.get(name, -1.0):
            self._largest[name] = reading.standard_uncertainty

    def attributes(self) -> dict[str, float]:
        """State ``<channel>_standard_uncertainty`` in the channel's unit, where it is known.

        Of a stream beside the main one it is ``<stream>_<channel>_standard_uncertainty``.
        """
        return {
            f"{self._prefix}{name}_standard_uncertainty": value
            for name, value in self._largest.items()
            if name not in self._unknown
        }

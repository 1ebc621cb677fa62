"""What is recorded, and how people look at it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Axis", "BlockStream", "Channel", "Guide", "Plot", "RowStream", "Stream"]

Parameters = Mapping[str, float | str | None]


@dataclass(frozen=True, slots=True)
class Channel:
    """A quantity recorded against time.

    Attributes
    ----------
    name
        Variable name in the run file ("force").
    unit
        Unit in UDUNITS spelling ("N", "mm", "degC", "1").
    standard_name
        CF standard name where one fits.
    roles
        Which instruments it is measured by: what is known of them goes into the file beside it.
    function
        Name of their measuring function where several have the channel's unit ("waveform").
    """

    name: str
    unit: str
    standard_name: str = ""
    roles: tuple[str, ...] = ()
    function: str = ""


@dataclass(frozen=True, slots=True)
class Axis:
    """Where the samples inside a record lie.

    Attributes
    ----------
    values
        In `unit`: seconds after the record's own time for a waveform, hertz for a spectrum; as a
        function of the complete parameters where they decide it.
    """

    name: str
    unit: str
    values: ArrayLike | Callable[[Parameters], ArrayLike]

    def of(self, parameters: Parameters) -> NDArray[np.float64]:
        """Give the values for these parameters."""
        return np.asarray(
            self.values(parameters) if callable(self.values) else self.values, np.float64
        )


@dataclass(frozen=True, slots=True)
class RowStream:
    """Rows beside the main stream, with a clock and a rate of their own."""

    name: str
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class BlockStream:
    """Records of a fixed shape, such as waveforms, each with one time: that of its start.

    Attributes
    ----------
    dtype
        "f4" or "f8".
    compress
        Whether it is kept compressed, without loss; smaller, but slower to look at.
    """

    name: str
    channels: tuple[Channel, ...]
    axes: tuple[Axis, ...]
    dtype: str = "f4"
    compress: bool = False


Stream = RowStream | BlockStream


@dataclass(frozen=True, slots=True)
class Plot:
    """A curve that reviewers read: two channel names, `x` may be "time"."""

    x: str
    y: str


@dataclass(frozen=True, slots=True)
class Guide:
    """A level on a channel that people watch while the run goes on: ``guide.<code>``.

    Attributes
    ----------
    value
        In the unit of the channel.
    """

    channel: str
    value: float
    code: str

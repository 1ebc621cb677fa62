"""What a run records: quantities, and streams of them with a clock and a rate of their own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from runs.errors import RecordRefused
from runs.points import Points

__all__ = [
    "MAIN",
    "Attribute",
    "Axis",
    "Blocks",
    "ChannelInfo",
    "Rows",
    "Stream",
    "check_attribute",
    "check_text",
]

Attribute = str | float | int

MAIN = ""
"""Name of the main stream, which lies in the root of the file."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
# An HDF5 object header message holds 64 KiB; the rest is room for its own head.
_LONGEST = 60_000  # [bytes]
_RESERVED = frozenset({"time", "phase", "events", "event", "event_time", "kind", "text", "entry"})
_DTYPES = ("f4", "f8", "i1", "i2", "i4", "u1", "u2")
_UNITS = ("units", "standard_name", "long_name")
# A record beyond that would not fit into an HDF5 chunk offset table that anybody still reads.
_LARGEST = 1 << 30  # [bytes]


def check_text(what: str, value: str) -> None:
    """Refuse text that the file could not hold.

    Raises
    ------
    RecordRefused
        It is too long, or holds what UTF-8 or C cannot.
    """
    accepted = f"text of at most {_LONGEST} bytes in UTF-8, without NUL"
    try:
        fits = len(value.encode()) <= _LONGEST and "\0" not in value
    except UnicodeEncodeError:
        fits = False
    if not fits:
        raise RecordRefused(what, value[:80], accepted)


def check_attribute(name: str, value: object) -> None:
    """Refuse an attribute that the file could not hold, before it matters.

    Raises
    ------
    RecordRefused
        The name or the value does not fit.
    """
    if not _NAME.fullmatch(name):
        raise RecordRefused("attribute name", name, "letters, digits and underscores")
    if isinstance(value, str):
        check_text(f"attribute {name}", value)
    elif not isinstance(value, (int, float)):
        raise RecordRefused(f"attribute {name}", value, "text or a number")
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise RecordRefused(f"attribute {name}", value, "an integer of 64 bits")


def _check_name(what: str, name: str) -> None:
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise RecordRefused(
            what,
            name,
            "a letter, then up to 63 letters, digits or underscores; not "
            + ", ".join(sorted(_RESERVED)),
        )


def _check_names(what: str, names: tuple[str, ...]) -> None:
    if not names or len(set(names)) != len(names):
        raise RecordRefused(what, names, "at least one, each name once")


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    """A quantity of a stream.

    Attributes
    ----------
    name
        Variable name: a letter, then letters, digits and underscores.
    unit
        UDUNITS spelling ("N", "degC", "1").
    standard_name
        CF standard name where one fits.
    long_name
        For people.
    attributes
        What else is known of it: accuracy, standard uncertainty, the instrument; `scale_factor`
        and `add_offset` where a block holds counts (CF packing).
    """

    name: str
    unit: str
    standard_name: str = ""
    long_name: str = ""
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_name("channel name", self.name)
        for what in ("unit", "standard_name", "long_name"):
            check_text(what, getattr(self, what))
        for name, value in self.attributes.items():
            check_attribute(name, value)
            if name in _UNITS:
                raise RecordRefused("attribute name", name, "a name that is no field of its own")


class Axis:
    """A coordinate inside the records of a block stream.

    Parameters
    ----------
    values
        Where each sample lies, in `unit`: seconds after the record's own time for a waveform,
        hertz for a spectrum, pixels or millimetres for a picture.
    """

    __slots__ = ("long_name", "name", "points", "unit")

    def __init__(
        self, name: str, unit: str, values: ArrayLike | Points, long_name: str = ""
    ) -> None:
        _check_name("axis name", name)
        check_text("unit", unit)
        check_text("long_name", long_name)
        self.name = name
        self.unit = unit
        self.long_name = long_name
        self.points = values if isinstance(values, Points) else _checked_points(name, values)

    @property
    def values(self) -> NDArray[np.float64]:
        """Where each sample lies, spread out."""
        return self.points.array()


def _checked_points(name: str, values: ArrayLike) -> Points:
    try:
        numbers = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise RecordRefused(f"axis {name}", values, "a list of numbers") from error
    if numbers.ndim != 1 or not numbers.size or not np.isfinite(numbers).all():
        raise RecordRefused(f"axis {name}", values, "one or more finite numbers")
    return Points.of(numbers)


@dataclass(frozen=True, slots=True)
class Rows:
    """A stream of rows with a clock of its own: one time, one number for each channel."""

    name: str
    channels: tuple[ChannelInfo, ...]

    def __post_init__(self) -> None:
        if self.name != MAIN:
            _check_name("stream name", self.name)
        _check_names("channels", tuple(channel.name for channel in self.channels))


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """A stream of records of one shape: waveforms, spectra, pictures.

    Attributes
    ----------
    axes
        What the dimensions of a record mean, slowest first.
    dtype
        "f4", "f8", "i1", "i2", "i4", "u1" or "u2", as the instrument delivers it.
    compress
        Whether the sealed file holds it compressed (deflate after byte shuffle, which every
        HDF5 reads); it pays for counts of a converter, and seldom for floating point.
    """

    name: str
    channels: tuple[ChannelInfo, ...]
    axes: tuple[Axis, ...]
    dtype: str = "f4"
    compress: bool = False

    def __post_init__(self) -> None:
        _check_name("stream name", self.name)
        names = (*(each.name for each in self.channels), *(each.name for each in self.axes))
        _check_names("channels and axes", names)
        if not self.axes or not self.channels:
            raise RecordRefused(f"stream {self.name}", names, "at least one channel and one axis")
        if self.dtype not in _DTYPES:
            raise RecordRefused(f"type of stream {self.name}", self.dtype, ", ".join(_DTYPES))
        size = np.dtype(self.dtype).itemsize * int(np.prod(self.shape, dtype=np.int64))
        if size > _LARGEST:
            raise RecordRefused(
                f"record of stream {self.name}", self.shape, f"at most {_LARGEST} bytes"
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one record."""
        return tuple(len(axis.points) for axis in self.axes)


Stream = Rows | Blocks

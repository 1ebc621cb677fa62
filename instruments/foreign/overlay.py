"""What a driver of another library lacks to play a role: units, ranges, accuracy, a safe state.

An overlay is a YAML file. Everything in it is checked when it is read; a key that is not known is
refused with the nearest one that is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from instruments.model import Model
from instruments.ranges import Range

__all__ = ["Confirmed", "Method", "Overlay", "OverlayRefused", "Step"]


class OverlayRefused(LookupError):
    """An overlay that cannot be used: names the file, the place in it, and what is accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that is done with the foreign driver.

    Attributes
    ----------
    place
        Property, parameter or method, from the driver's object on ("ch_1.output_enabled"), with
        ``{channel}`` where the bench file's channel belongs.
    calls
        Whether it is a method to be called, else it is set.
    values
        What it is set to, or called with; "$volts" stands for the argument of that name, and
        ``{of: $on, true: "ON", false: "OFF"}`` for what the library calls it.
    """

    place: str
    calls: bool
    values: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What has to be so afterwards, read in the same exchange.

    Attributes
    ----------
    value
        Value, or "$volts" for the argument of that name.
    within
        By how much a number may differ [its own unit]; 0 for equality.
    """

    place: str
    value: object
    within: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How a method of the role is carried out.

    Attributes
    ----------
    arguments
        Name of the role's argument to the quantity whose range it has to lie in.
    get
        What is read, "" where nothing is.
    accuracy
        Channel to the accuracy of what is read; of channel 0 where there are none.
    """

    name: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    do: tuple[Step, ...] = ()
    get: str = ""
    confirm: tuple[Confirmed, ...] = ()
    accuracy: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """How one foreign driver plays one role.

    Attributes
    ----------
    driver
        ``library:class``, as the bench file has it.
    channels
        Values of the option ``channel``; empty where there is no such option.
    ranges
        Channel (0 where there are none) to what it accepts.
    either_sign
        Quantities of which the range bounds the size, whatever the sign.
    safe
        How every output goes off and how that is read back.
    settings
        Name of a setting to "number", "switch" or "text", and the place where it is read.
    arguments
        Further keyword arguments of the foreign class.
    error_query
        What reads the error queue.
    """

    driver: str
    about: Model
    methods: Mapping[str, Method]
    channels: tuple[int, ...] = ()
    ranges: Mapping[int, tuple[Range, ...]] = field(default_factory=dict)
    either_sign: frozenset[str] = frozenset()
    safe: Method | None = None
    settings: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    error_query: str = ":SYST:ERR?"

    @property
    def role(self) -> type[Any]:
        """The role that it plays."""
        return self.about.plays[0]

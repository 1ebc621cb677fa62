"""What is recorded, and how people look at it."""

from dataclasses import dataclass

__all__ = ["Channel", "Guide", "Plot"]


@dataclass(frozen=True, slots=True)
class Channel:
    """A quantity recorded against time in the main stream.

    Attributes
    ----------
    name
        Variable name in the run file ("force").
    unit
        Unit in UDUNITS spelling ("N", "mm", "degC", "1").
    standard_name
        CF standard name where one fits.
    """

    name: str
    unit: str
    standard_name: str = ""


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

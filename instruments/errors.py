"""What can go wrong between this computer and an instrument.

::

    InstrumentError
    ├── LinkLost          the transport is gone: cable, power, network
    ├── NoAnswer          the link stands, the instrument kept silent
    ├── BadAnswer         it answered something that is not an answer to the question
    └── InstrumentFault   it understood, and reported an error of its own
        └── OverRange     what it was to measure is beyond its range

    SettingRefused        the value was never sent: outside the instrument's or the bench's range
"""

__all__ = [
    "BadAnswer",
    "InstrumentError",
    "InstrumentFault",
    "LinkLost",
    "NoAnswer",
    "OverRange",
    "SettingRefused",
]


class InstrumentError(Exception):
    """An exchange with an instrument failed.

    Parameters
    ----------
    what
        What happened, in words.
    address
        Resource name or port of the instrument.
    doing
        What was being attempted, in the engineer's words ("read the DC voltage").
    command
        The text that was sent, if any.
    reply
        The text that came back, if any.
    """

    def __init__(
        self,
        what: str,
        *,
        address: str = "",
        doing: str = "",
        command: str = "",
        reply: str = "",
    ) -> None:
        self.what = what
        self.address = address
        self.doing = doing
        self.command = command
        self.reply = reply
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = [self.what]
        if self.doing:
            parts.append(f"while trying to {self.doing}")
        if self.command:
            parts.append(f"after {self.command!r}")
        if self.reply:
            parts.append(f"which answered {self.reply!r}")
        if self.address:
            parts.append(f"at {self.address}")
        return " ".join(parts)


class LinkLost(InstrumentError):
    """The transport is gone: cable, power or network."""


class NoAnswer(InstrumentError):
    """The link stands, but the instrument did not answer in time."""


class BadAnswer(InstrumentError):
    """The reply cannot be the answer to the question, or comes from another instrument."""


class InstrumentFault(InstrumentError):
    """The instrument understood the command and reported an error of its own."""


class OverRange(InstrumentFault):
    """What was to be measured is beyond the range; the number that says so is no reading."""


class SettingRefused(ValueError):
    """A setting outside the range of the instrument or of the bench; nothing was sent.

    Parameters
    ----------
    quantity
        What was to be set ("voltage").
    value
        The value asked for.
    accepted
        The range or set that would be accepted, in words with its unit.
    """

    def __init__(self, quantity: str, value: object, accepted: str) -> None:
        self.quantity = quantity
        self.value = value
        self.accepted = accepted
        super().__init__(f"{quantity} {value!r} is outside what is accepted: {accepted}")

"""Expected refusals are values, not exceptions: a code with the values that explain it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Objection", "Refused"]

Value = str | int | float


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason why something may not be done.

    Attributes
    ----------
    code
        Message id without prefix ("calibration-lapses"); the doors look up
        ``objection.<code>`` in the catalogue.
    values
        What the message names: the thing, the value, what would be accepted. Instants are
        ISO 8601 text in UTC; the doors show them in the centre's time zone.
    overridable
        Whether the centre's office may go ahead all the same, on record.
    """

    code: str
    values: Mapping[str, Value] = field(default_factory=dict)
    overridable: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A command that was not carried out; nothing has changed."""

    objections: tuple[Objection, ...]

"""What SCPI replies mean: pure functions from text to numbers, identities and faults.

Sources: IEEE 488.2-1992 (10.14 ``*IDN?``), SCPI-1999 vol. 1, 7.2 (9.9E37 infinity, 9.91E37 not a
number) and vol. 2, 21.8 (error queue).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from instruments.errors import BadAnswer, InstrumentFault, OverRange
from instruments.readings import Identity

__all__ = [
    "QueuedError",
    "boolean",
    "identity",
    "number",
    "numbers",
    "queued_error",
    "word",
]

_INFINITY = 9.9e37
_NOT_A_NUMBER = 9.91e37


@dataclass(frozen=True, slots=True)
class QueuedError:
    """One entry of the error queue; code 0 means that the queue is empty."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


def number(reply: str) -> float:
    """Read a numeric reply.

    Raises
    ------
    InstrumentFault
        The instrument answers with the number that stands for overload or for no value.
    BadAnswer
        The reply is not a number.
    """
    try:
        value = float(reply)
    except ValueError:
        raise BadAnswer("the reply is not a number", reply=reply) from None
    if math.isnan(value) or math.isclose(abs(value), _NOT_A_NUMBER, rel_tol=1e-6):
        raise InstrumentFault("the instrument has no value", reply=reply)
    if abs(value) >= _INFINITY:
        raise OverRange("the reading is over-range", reply=reply)
    return value


def numbers(reply: str, count: int) -> tuple[float, ...]:
    """Read `count` numbers between commas.

    Raises
    ------
    BadAnswer
        There are fewer or more of them.
    """
    fields = reply.split(",")
    if len(fields) != count:
        raise BadAnswer(f"{count} numbers were expected", reply=reply)
    return tuple(number(field) for field in fields)


def word(*accepted: str) -> Callable[[str], str]:
    """Make a reader of one of the `accepted` words, long or short form, quoted or not."""

    def read(reply: str) -> str:
        found = reply.strip().strip('"').upper()
        if found not in accepted:
            raise BadAnswer(f"one of {', '.join(accepted)} was expected", reply=reply)
        return found

    return read


def boolean(reply: str) -> bool:
    """Read a switch: 1 or ON, 0 or OFF."""
    word = reply.strip().upper()
    if word in ("1", "ON"):
        return True
    if word in ("0", "OFF"):
        return False
    raise BadAnswer("the reply is neither on nor off", reply=reply)


def queued_error(reply: str) -> QueuedError:
    """Read one answer to ``SYST:ERR?``: a code, a comma, a text in quotes."""
    code, comma, text = reply.partition(",")
    try:
        return (
            QueuedError(int(code), text.strip().strip('"')) if comma else QueuedError(int(code), "")
        )
    except ValueError:
        raise BadAnswer("the reply is not an error-queue entry", reply=reply) from None


def identity(reply: str) -> Identity:
    """Read the four fields of ``*IDN?``."""
    fields = [field.strip() for field in reply.split(",")]
    if len(fields) != 4 or not all(fields[:2]):
        raise BadAnswer("the identity does not have four fields", reply=reply)
    return Identity(maker=fields[0], model=fields[1], serial=fields[2], firmware=fields[3])

"""What is asked of a Modbus instrument, as text that people can read and type.

A request is ``read 100 2`` (two registers from 100 on) or ``write 100 5 6``; a reply is the
registers in decimal, ``written``, or ``exception 6``. Registers count from 0, as on the wire.

Source: Modbus application protocol V1.1b3, 6.3, 6.6, 6.12 (limits) and 7 (exceptions).
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from instruments.errors import BadAnswer, InstrumentError, InstrumentFault, NoAnswer

__all__ = ["Request", "float_of", "has_none", "read_reply", "refusal", "registers_of", "shown"]

_LAST = 0xFFFF
_MOST_READ, _MOST_WRITTEN = 125, 123
_WRITTEN = "written"
_EXCEPTION = "exception "
_ACCEPTED = "accepted: read REGISTER [COUNT], write REGISTER VALUE …"
_SILENT_BEHIND_GATEWAY = 11
_EXCEPTIONS = {
    1: "illegal function",
    2: "illegal register",
    3: "illegal value",
    4: "device failure",
    5: "acknowledged, still working",
    6: "device busy",
    8: "memory parity error",
    10: "gateway without path",
    11: "gateway target silent",
}


@dataclass(frozen=True, slots=True)
class Request:
    """Holding registers to be read, or to be written.

    Attributes
    ----------
    register
        First one, from 0.
    count
        Number of them.
    values
        What is to be written; empty where they are read.
    """

    register: int
    count: int
    values: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        most = _MOST_WRITTEN if self.values else _MOST_READ
        if not 0 <= self.register <= _LAST or not 1 <= self.count <= most:
            raise ValueError(
                f"{self} is refused; accepted: registers 0 to {_LAST}, 1 to {most} of them"
            )
        if not all(0 <= value <= _LAST for value in self.values):
            raise ValueError(f"{self} is refused; accepted: values 0 to {_LAST}")

    @classmethod
    def writing(cls, register: int, values: Sequence[int]) -> Self:
        """Make the request that writes `values` from `register` on."""
        return cls(register, len(values), tuple(values))

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Read a request that somebody typed.

        Raises
        ------
        ValueError
            It is none; the message says what is accepted.
        """
        match text.split():
            case ["read", register] if register.isdecimal():
                return cls(int(register), 1)
            case ["read", register, count] if (register + count).isdecimal():
                return cls(int(register), int(count))
            case ["write", register, *values] if (
                values and "".join([register, *values]).isdecimal()
            ):
                return cls.writing(int(register), [int(value) for value in values])
        raise ValueError(f"{text!r} is refused; {_ACCEPTED}")

    def __str__(self) -> str:
        if not self.values:
            return f"read {self.register} {self.count}"
        return " ".join(map(str, ("write", self.register, *self.values)))


def shown(registers: Sequence[int]) -> str:
    """Write a reply as text; a write has no registers to show."""
    return " ".join(map(str, registers)) if registers else _WRITTEN


def read_reply(text: str) -> tuple[int, ...]:
    """Read a reply as `shown` wrote it.

    Raises
    ------
    InstrumentError
        It is an exception, or not a reply.
    """
    if text == _WRITTEN:
        return ()
    if text.startswith(_EXCEPTION) and text.removeprefix(_EXCEPTION).isdecimal():
        raise refusal(int(text.removeprefix(_EXCEPTION)))
    if not text.replace(" ", "").isdecimal():
        raise BadAnswer("registers were expected", reply=text)
    return tuple(map(int, text.split()))


def refusal(code: int) -> InstrumentError:
    """Make the error of a Modbus exception."""
    meaning = _EXCEPTIONS.get(code, "of no known meaning")
    reply = f"{_EXCEPTION}{code}"
    if code == _SILENT_BEHIND_GATEWAY:
        return NoAnswer("the gateway reports that the unit is silent", reply=reply)
    return InstrumentFault(f"the instrument reports Modbus exception {code}, {meaning}",
                           reply=reply)  # fmt: skip


def has_none(fault: InstrumentFault) -> bool:
    """Tell whether an instrument says that it has no such registers."""
    return fault.reply in (f"{_EXCEPTION}1", f"{_EXCEPTION}2", f"{_EXCEPTION}3")


def float_of(registers: Sequence[int], *, low_word_first: bool = False) -> float:
    """Read an IEEE 754 single from two registers.

    Raises
    ------
    InstrumentFault
        It is not a finite number.
    """
    high, low = reversed(registers) if low_word_first else registers
    value: float = struct.unpack(">f", struct.pack(">HH", high, low))[0]
    if value != value or abs(value) == float("inf"):
        raise InstrumentFault("the instrument has no value", reply=shown(registers))
    return value


def registers_of(value: float, *, low_word_first: bool = False) -> tuple[int, int]:
    """Write an IEEE 754 single into two registers."""
    high, low = struct.unpack(">HH", struct.pack(">f", value))
    return (low, high) if low_word_first else (high, low)

"""Universal testing machine that speaks the Testbed load-frame protocol over a serial line.

Source: docs/reference/loadframe-protocol.md. ASCII lines ended by LF; every line, both ways, ends
in ``*HH``, the exclusive-or of the bytes before it, as in NMEA 0183.
"""

from collections.abc import Mapping
from functools import reduce
from operator import xor
from typing import Self

from instruments import scpi
from instruments.errors import BadAnswer, InstrumentFault
from instruments.link import Link, open_link
from instruments.ranges import Range, tightened
from instruments.readings import FrameSample, Identity, Reading
from instruments.transport import Transport

__all__ = ["TbLoadFrame"]

_BLOCK = 500  # samples fetched in one exchange


class TbLoadFrame:
    """A load frame whose own clock takes the samples.

    Parameters
    ----------
    ranges
        Accepted settings by quantity: "speed" [mm/s] and "rate" [Hz].
    """

    def __init__(self, link: Link, ranges: Mapping[str, Range]) -> None:
        self._link = link
        self._ranges = ranges

    @classmethod
    def connect(
        cls,
        address: str,
        *,
        serial: str | None,
        limits: Mapping[str, float],
        baud: int = 115200,
        visa_library: str = "@py",
        timeout: float = 2.0,
    ) -> Self:
        """Connect and check protocol and serial number; the bench may limit "speed" [mm/s]."""
        ranges = tightened(
            (Range("speed", 0.0001, 20.0, "mm/s"), Range("rate", 1.0, 2000.0, "Hz")), limits
        )
        link = open_link(
            address,
            sentinel=_sealed("ID?"),
            visa_library=visa_library,
            timeout=timeout,
            baud=baud,
        )
        try:
            link.ask_known(lambda reply: _expect(_identity(_opened(reply)), serial))
        except BaseException:
            link.close()
            raise
        return cls(link, ranges)

    def _ask(self, question: str, head: str, *, doing: str) -> str:
        with self._link.exchange(doing) as line:
            return _answer(line, question, head)

    def zero(self) -> None:
        """Zero force, extension and travel."""
        self._ask("ZERO", "OK", doing="zero the frame")

    def start(self, speed: float, *, rate: float) -> None:
        """Start the crosshead upwards at `speed` [mm/s], sampling at `rate` [Hz]."""
        self._ranges["speed"].check(speed)
        self._ranges["rate"].check(rate)
        self._ask(f"RATE {rate:g}", "OK", doing=f"sample at {rate:g} Hz")
        self._ask(f"UP {speed:g}", "OK", doing=f"pull at {speed:g} mm/s")

    def stop(self) -> None:
        """Stop the crosshead and read back that it stands."""
        self._ask("STOP", "OK", doing="stop the crosshead")
        if self.is_moving():
            raise InstrumentFault("the crosshead still moves", doing="stop the crosshead")

    def _state(self) -> str:
        state = self._ask("ST?", "ST", doing="read the state")
        if state not in ("STOPPED", "MOVING", "BROKEN"):
            raise BadAnswer("unknown state", reply=state, address=self._link.address)
        return state

    def is_moving(self) -> bool:
        """Tell whether the crosshead moves."""
        return self._state() == "MOVING"

    def broken(self) -> bool:
        """Tell whether the break detector has tripped."""
        return self._state() == "BROKEN"

    def samples(self) -> tuple[FrameSample, ...]:
        """Fetch the samples since the last call, at most 500; may be empty."""
        with self._link.exchange("fetch samples") as line:
            count = _whole(_answer(line, f"RB? {_BLOCK}", "RB"))
            return tuple(_sample(_opened(line.receive())) for _ in range(count))

    def force(self) -> Reading:
        """Measure the present force [N], positive in tension."""
        reply = self._ask("FC?", "FC", doing="measure the force")
        return Reading(value=scpi.number(reply), unit="N")

    def identity(self) -> Identity:
        """Ask the frame who it is."""
        return _identity("ID " + self._ask("ID?", "ID", doing="identify the frame"))

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back the state."""
        return {"state": self._state()}

    def make_safe(self) -> None:
        """Stop the crosshead and read that back."""
        self.stop()

    def close(self) -> None:
        """Give the port back; the frame keeps its state."""
        self._link.close()


def _checksum(text: str) -> str:
    return f"{reduce(xor, text.encode('ascii'), 0):02X}"


def _sealed(text: str) -> str:
    return f"{text}*{_checksum(text)}"


def _opened(line: str) -> str:
    text, star, checksum = line.rpartition("*")
    if not star or checksum.upper() != _checksum(text):
        raise BadAnswer("the checksum does not match", reply=line)
    return text


def _answer(line: Transport, question: str, head: str) -> str:
    line.send(_sealed(question))
    reply = _opened(line.receive())
    word, _, rest = reply.partition(" ")
    if word == "NO":
        raise InstrumentFault("the frame refuses", command=question, reply=rest)
    if word != head:
        raise BadAnswer(f"{head} was expected", command=question, reply=reply)
    return rest


def _whole(text: str) -> int:
    try:
        count = int(text)
    except ValueError:
        raise BadAnswer("a count was expected", reply=text) from None
    if not 0 <= count <= _BLOCK:
        raise BadAnswer(f"a count up to {_BLOCK} was expected", reply=text)
    return count


def _sample(text: str) -> FrameSample:
    fields = text.split(";")
    if len(fields) != 4:
        raise BadAnswer("time;force;extension;travel was expected", reply=text)
    time, force, extension, travel = (scpi.number(field) for field in fields)
    return FrameSample(time=time, force=force, extension=extension, travel=travel)


def _identity(reply: str) -> Identity:
    word, _, rest = reply.partition(" ")
    fields = rest.split(",")
    if word != "ID" or len(fields) != 4:
        raise BadAnswer("the identity does not have four fields", reply=reply)
    return Identity(maker=fields[0], model=fields[1], serial=fields[2], firmware=fields[3])


def _expect(found: Identity, serial: str | None) -> None:
    if found.maker != "TESTBED" or not found.model.startswith("LF-"):
        raise BadAnswer(f"no load frame of ours answers: {found.maker} {found.model}")
    if serial is not None and found.serial != serial:
        raise BadAnswer(f"another frame answers: serial {found.serial}, expected {serial}")

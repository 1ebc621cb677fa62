"""Lines of text between this computer and an instrument; every failure is one of our own errors.

A transport moves lines and blocks and knows nothing of questions and answers. Three of them serve:
a plain TCP socket, a serial port by pyserial, and whatever PyVISA's installed backend can open
(HiSLIP, VXI-11, USB, GPIB).
"""

import time
from abc import ABC, abstractmethod
from typing import Protocol

from instruments.errors import BadAnswer, LinkLost, NoAnswer

__all__ = ["QUIET", "ByteStream", "Transport", "block_header", "led_block", "lost"]

QUIET = 0.05  # [s] without a byte after which a line counts as silent
_LONGEST = 1_000_000  # [byte] of a line without an end: something babbles


class Transport(Protocol):
    """Moves lines of ASCII text; knows nothing of questions and answers."""

    address: str

    def send(self, line: str) -> None:
        """Send one line; the line end is added."""
        ...

    def receive(self) -> str:
        """Receive one line without its end.

        Raises
        ------
        NoAnswer
            Nothing complete came within the timeout.
        LinkLost
            The other side is gone.
        BadAnswer
            The line is not ASCII text.
        """
        ...

    def receive_block(self, lead: str = "", tail: str = "") -> bytes:
        """Receive one definite-length block (IEEE 488.2, 8.7.9) and the line end behind it.

        Parameters
        ----------
        lead
            What has to stand before the block ("C1:WF DAT2,").
        tail
            What has to stand behind it, where that is not the line end.
        """
        ...

    def left_over(self) -> bool:
        """Tell whether bytes have come that nobody asked for."""
        ...

    def drain(self, within: float) -> None:
        """Throw away what arrives until the line is silent, for `within` [s] at most."""
        ...

    def reopen(self) -> None:
        """Close and open again."""
        ...

    def close(self) -> None:
        """Give the resource back; may be called twice."""
        ...


class ByteStream(ABC):
    """Lines and blocks over anything that gives bytes in pieces: a socket, a serial port.

    Parameters
    ----------
    timeout
        Longest wait for a line [s]; for a block, for its next piece.
    end
        Line end, in both directions.
    """

    def __init__(self, address: str, *, timeout: float, end: str) -> None:
        self.address = address
        self._timeout = timeout
        self._end = end.encode("ascii")
        self._pending = bytearray()

    @abstractmethod
    def _take(self, wait: float) -> bytes:
        """Wait `wait` [s] at most for the next bytes; b"" where none come."""

    @abstractmethod
    def _give(self, data: bytes) -> None: ...

    def send(self, line: str) -> None:
        """Send one line; the line end is added."""
        self._give(line.encode("ascii") + self._end)

    def receive(self) -> str:
        """Receive one line without its end."""
        pending, end = self._pending, self._end
        if (place := pending.find(end)) < 0:
            until = time.monotonic() + self._timeout
            while (place := pending.find(end)) < 0:
                chunk = self._take(until - time.monotonic())
                if not chunk:
                    raise NoAnswer("no answer in time", address=self.address, reply=_shown(pending))
                pending += chunk
                if len(pending) > _LONGEST:
                    raise BadAnswer("a line without end", address=self.address)
        line = bytes(pending[:place])
        del pending[: place + len(end)]
        try:
            return line.decode("ascii")
        except UnicodeDecodeError as error:
            raise BadAnswer(
                "the reply is not ASCII", reply=repr(line), address=self.address
            ) from error

    def receive_block(self, lead: str = "", tail: str = "") -> bytes:
        """Receive one definite-length block, what stands before it and the end behind it."""
        pending, end = self._pending, tail.encode("ascii") or self._end
        while (skip := led_block(bytes(pending[: len(lead) + 11]), lead)) is None:
            self._more()
        start, length = skip
        while len(pending) < start + length + len(end):
            self._more()
        block = bytes(pending[start : start + length])
        found = bytes(pending[start + length : start + length + len(end)])
        del pending[: start + length + len(end)]
        if found != end:
            raise BadAnswer("the block does not end where it says", address=self.address)
        return block

    def _more(self) -> None:
        chunk = self._take(self._timeout)
        if not chunk:
            raise NoAnswer("no answer in time", address=self.address, reply=_shown(self._pending))
        self._pending += chunk

    def left_over(self) -> bool:
        """Tell whether bytes have come that nobody asked for."""
        return bool(self._pending)

    def drain(self, within: float) -> None:
        """Throw away what arrives until the line is silent."""
        until = time.monotonic() + within
        while self._take(QUIET) and time.monotonic() < until:
            pass
        self._pending.clear()


def led_block(start: bytes, lead: str) -> tuple[int, int] | None:
    """Read what leads to a block, as `block_header` does behind `lead`."""
    expected = lead.encode("ascii")
    if start[: len(expected)] != expected[: len(start)]:
        raise BadAnswer(f"a block behind {lead!r} was expected", reply=repr(start))
    found = block_header(start[len(expected) :])
    return None if found is None else (len(expected) + found[0], found[1])


def block_header(start: bytes) -> tuple[int, int] | None:
    """Read the head of a definite-length block: where its data begin, and their length [byte].

    Gives None while the head is not complete.

    Raises
    ------
    BadAnswer
        This is no such head.
    """
    if not start:
        return None
    if start[:1] != b"#" or (not start[1:2].isdigit() and len(start) > 1) or start[1:2] == b"0":
        raise BadAnswer("a block of data was expected", reply=repr(start))
    if len(start) < 2 or len(start) < 2 + int(start[1:2]):
        return None
    digits = start[2 : 2 + int(start[1:2])]
    if not digits.isdigit():
        raise BadAnswer("a block of data was expected", reply=repr(start))
    return 2 + len(digits), int(digits)


def _shown(pending: bytearray) -> str:
    return repr(bytes(pending[:40])) if pending else ""


def lost(what: str, address: str, error: Exception) -> LinkLost:
    """Say that the link is gone, and by which error."""
    return LinkLost(f"{what} ({error})", address=address)

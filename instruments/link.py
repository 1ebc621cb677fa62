"""Questions and answers over a transport: one exchange at a time, and never the wrong answer.

After a timeout or an answer that made no sense, a late reply may still be on its way, and would
be taken for the answer to the next question. The link is then *suspect*: before anything else is
sent it is drained and has to prove itself by a question whose answer is known.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from instruments.errors import BadAnswer, InstrumentError, LinkLost, NoAnswer
from instruments.transport import Transport, open_transport

__all__ = ["Link", "open_link"]

_BUDGET = 6.0  # [s] within which a suspect link is trusted again, or given up


class Link:
    """A transport with order.

    Parameters
    ----------
    transport
        Moves the lines.
    sentinel
        A question that the instrument always answers alike ("*IDN?").
    """

    def __init__(self, transport: Transport, *, sentinel: str) -> None:
        self._transport = transport
        self._sentinel = sentinel
        self._proof: str | None = None
        self._lock = threading.RLock()
        self._suspect = False

    @property
    def address(self) -> str:
        """Resource name or port."""
        return self._transport.address

    @property
    def suspect(self) -> bool:
        """Whether the link has to prove itself before the next exchange."""
        return self._suspect

    @contextmanager
    def exchange(self, doing: str) -> Iterator[Transport]:
        """Hold the link for one exchange of any number of lines.

        Parameters
        ----------
        doing
            What is being attempted, for the error ("read the DC voltage").

        Raises
        ------
        InstrumentError
            Of the family in `instruments.errors`, with address and `doing` filled in.
        """
        with self._lock:
            try:
                if self._suspect:
                    self._resynchronise()
                yield self._transport
            except InstrumentError as error:
                error.doing = error.doing or doing
                error.address = error.address or self.address
                if isinstance(error, LinkLost | NoAnswer | BadAnswer):
                    self._suspect = True
                raise
            except BaseException:
                self._suspect = True
                raise

    def query(self, question: str, *, doing: str) -> str:
        """Send one line and receive one line."""
        with self.exchange(doing) as transport:
            try:
                transport.send(question)
                return transport.receive()
            except InstrumentError as error:
                error.command = error.command or question
                raise

    def write(self, line: str, *, doing: str) -> None:
        """Send one line to which nothing comes back."""
        with self.exchange(doing) as transport:
            try:
                transport.send(line)
            except InstrumentError as error:
                error.command = error.command or line
                raise

    def ask_known(self, accept: Callable[[str], None]) -> str:
        """Ask the sentinel, let `accept` judge the answer, and remember it as the proof."""
        reply = self.query(self._sentinel, doing="identify the instrument")
        accept(reply)
        self._proof = reply
        return reply

    def _resynchronise(self) -> None:
        until = time.monotonic() + _BUDGET
        error: InstrumentError | None = None
        reopened = False
        while time.monotonic() < until:
            try:
                self._transport.drain(within=1.0)
                if self._proven():
                    self._suspect = False
                    return
            except LinkLost as lost:
                error = lost
                # Once, as an instrument that comes back after a power cut still holds its port.
                if reopened:
                    break
                reopened = True
                self._transport.reopen()
            except (NoAnswer, BadAnswer) as silent:
                error = silent
        raise LinkLost(
            "the link could not be brought back in step after an earlier failure"
            + (f" ({error.what})" if error else ""),
            address=self.address,
            command=self._sentinel,
        ) from error

    def _proven(self) -> bool:
        self._transport.send(self._sentinel)
        reply = self._transport.receive()
        return self._proof is None or reply == self._proof

    def close(self) -> None:
        """Give the transport back."""
        with self._lock:
            self._transport.close()


def open_link(
    address: str,
    *,
    sentinel: str,
    visa_library: str = "@py",
    timeout: float = 2.0,
    baud: int = 9600,
    end: str = "\n",
) -> Link:
    """Open a link by VISA resource name or serial port.

    Raises
    ------
    LinkLost
        Nothing could be opened at `address`.
    """
    transport = open_transport(
        address, baud=baud, visa_library=visa_library, timeout=timeout, end=end
    )
    return Link(transport, sentinel=sentinel)

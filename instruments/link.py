"""Questions and answers over a transport: one exchange at a time, and never the wrong answer.

After a timeout or an answer that made no sense, a late reply may still be on its way, and would
be taken for the answer to the next question. The link is then *suspect*: before anything else is
sent it is drained and has to prove itself by a question whose answer is known.

All roles of this process that name one address share one link, and no other process can open it.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from instruments.errors import BadAnswer, InstrumentError, LinkLost, NoAnswer
from instruments.lease import AddressLease, InUse
from instruments.readings import Identity
from instruments.serial_transport import SerialTransport
from instruments.socket_transport import SocketTransport
from instruments.transport import Transport
from instruments.visa_transport import VisaTransport

__all__ = ["Link", "open_link", "open_transport"]

_BUDGET = 4.0  # [s] within which a suspect link is trusted again, or given up
_BETWEEN = 0.2  # [s] between two attempts to open what is gone
_PATIENCE = 0.5  # [s] to wait for a process that is just ending
_SOCKET = re.compile(r"TCPIP\d*::([^:]+)::(\d+)::SOCKET", re.IGNORECASE)

Watcher = Callable[[str, str], None]
"""Told of every line: "send" or "receive", and its text."""


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
        self.sentinel = sentinel
        self._proof: str | None = None
        self._lock = threading.RLock()
        self._suspect = False
        self.give_back: Callable[[], None] | None = None
        self.announce: Callable[[Identity], None] = lambda _: None
        self.reopened = 0

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
                self._in_step()
                yield self._transport
            except BaseException as error:
                self._failed(error, doing)
                raise

    def query(self, question: str, *, doing: str) -> str:
        """Send one line and receive one line."""
        with self._lock:
            try:
                self._in_step()
                self._transport.send(question)
                return self._transport.receive()
            except BaseException as error:
                self._failed(error, doing, question)
                raise

    def query_block(self, question: str, *, doing: str, lead: str = "", tail: str = "") -> bytes:
        """Send one line and receive one block of data; see `Transport.receive_block`."""
        with self._lock:
            try:
                self._in_step()
                self._transport.send(question)
                return self._transport.receive_block(lead, tail)
            except BaseException as error:
                self._failed(error, doing, question)
                raise

    def write(self, line: str, *, doing: str) -> None:
        """Send one line to which nothing comes back."""
        with self._lock:
            try:
                self._in_step()
                self._transport.send(line)
            except BaseException as error:
                self._failed(error, doing, line)
                raise

    def distrust(self) -> None:
        """Say that an answer made no sense: the link has to prove itself."""
        self._suspect = True

    def _in_step(self) -> None:
        if self._suspect or self._transport.left_over():
            self._resynchronise()

    def _failed(self, error: BaseException, doing: str, command: str = "") -> None:
        if not isinstance(error, InstrumentError):
            self._suspect = True
            return
        error.doing = error.doing or doing
        error.address = error.address or self.address
        error.command = error.command or command
        if isinstance(error, LinkLost | NoAnswer | BadAnswer):
            self._suspect = True

    def ask_known(self, accept: Callable[[str], None]) -> str:
        """Ask the sentinel, let `accept` judge the answer, and remember it as the proof."""
        reply = self.query(self.sentinel, doing="identify the instrument")
        accept(reply)
        self._proof = reply
        return reply

    def _resynchronise(self) -> None:
        until = time.monotonic() + _BUDGET
        error: InstrumentError | None = None
        while time.monotonic() < until:
            try:
                # What stays silent on this connection may still answer on a fresh one.
                if error is not None:
                    self._transport.reopen()
                    self.reopened += 1
                self._transport.drain(within=1.0)
                if self._proven():
                    self._suspect = False
                    return
                error = None
            except (NoAnswer, BadAnswer) as silent:
                error = silent
            except LinkLost as lost:
                # A plug is put back, an instrument starts again: neither happens at once.
                if isinstance(error, LinkLost):
                    time.sleep(_BETWEEN)
                error = lost
        raise LinkLost(
            "the link could not be brought back in step after an earlier failure"
            + (f" ({error.what})" if error else ""),
            address=self.address,
            command=self.sentinel,
        ) from error

    def _proven(self) -> bool:
        self._transport.send(self.sentinel)
        reply = self._transport.receive()
        return self._proof is None or reply == self._proof

    def watch(self, watcher: Watcher | None) -> None:
        """Have every line told to `watcher`; None ends it."""
        with self._lock:
            plain = self._transport
            if isinstance(plain, _Watched):
                plain = plain.plain
            self._transport = plain if watcher is None else _Watched(plain, watcher)

    def close(self) -> None:
        """Give the transport back, once its last user has; may be called twice."""
        if self.give_back is not None:
            self.give_back()
        else:
            self.hang_up()

    def hang_up(self) -> None:
        """Close the transport, whoever else uses the link."""
        with self._lock:
            self._transport.close()


class _Watched:
    """A transport that tells of every line."""

    def __init__(self, plain: Transport, watcher: Watcher) -> None:
        self.plain = plain
        self.address = plain.address
        self._watcher = watcher
        self.left_over = plain.left_over
        self.drain = plain.drain
        self.reopen = plain.reopen
        self.close = plain.close

    def send(self, line: str) -> None:
        self._watcher("send", line)
        self.plain.send(line)

    def receive(self) -> str:
        line = self.plain.receive()
        self._watcher("receive", line)
        return line

    def receive_block(self, lead: str = "", tail: str = "") -> bytes:
        block = self.plain.receive_block(lead, tail)
        self._watcher("block", block.hex())
        return block


class _Shared:
    """The links of this process by address, each with the number of its users."""

    def __init__(self) -> None:
        self._links: dict[str, tuple[Link, AddressLease, int]] = {}
        self._lock = threading.Lock()

    def take(self, address: str, sentinel: str, make: Callable[[], Transport]) -> Link:
        with self._lock:
            if address in self._links:
                link, lease, users = self._links[address]
                if link.sentinel != sentinel:
                    raise InUse("another driver uses this link", address=address, doing="connect")
                self._links[address] = (link, lease, users + 1)
                return link
            lease = AddressLease(address, within=_PATIENCE)
            try:
                link = Link(make(), sentinel=sentinel)
            except BaseException:
                lease.close()
                raise
            link.announce = lease.announce
            link.give_back = lambda: self._give_back(address, link)
            self._links[address] = (link, lease, 1)
            return link

    def _give_back(self, address: str, link: Link) -> None:
        with self._lock:
            held, lease, users = self._links.get(address, (None, None, 0))
            if held is not link or lease is None:
                return
            if users > 1:
                self._links[address] = (link, lease, users - 1)
                return
            del self._links[address]
            link.hang_up()
            lease.close()


_SHARED = _Shared()


def open_link(
    address: str,
    *,
    sentinel: str,
    visa_library: str = "@py",
    timeout: float = 2.0,
    baud: int = 9600,
    end: str = "\n",
) -> Link:
    """Open a link by VISA resource name or serial port, or share the one that is open.

    Raises
    ------
    LinkLost
        Nothing could be opened at `address`; `InUse` where another process speaks to it.
    """
    return _SHARED.take(
        address,
        sentinel,
        lambda: open_transport(
            address, baud=baud, visa_library=visa_library, timeout=timeout, end=end
        ),
    )


def open_transport(
    address: str, *, baud: int, visa_library: str, timeout: float, end: str
) -> Transport:
    """Open a socket, VISA where `address` is another resource name ("…::…"), else a serial port."""
    if (plain := _SOCKET.fullmatch(address)) and visa_library == "@py":
        return SocketTransport(address, plain[1], int(plain[2]), timeout=timeout, end=end)
    if "::" in address:
        return VisaTransport(address, library=visa_library, timeout=timeout, end=end)
    return SerialTransport(address, baud=baud, timeout=timeout, end=end)

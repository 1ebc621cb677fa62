"""The lines of one exchange, lent to a driver of another library.

The foreign driver sends and receives over our link and over nothing else, so that whatever holds
for the link holds for it. A failure inside an exchange is kept: it comes out at the end even where
the foreign driver swallowed it, and nothing more is sent until then.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from instruments.errors import InstrumentError, InstrumentFault
from instruments.link import Link
from instruments.transport import Transport

__all__ = ["Session"]


class Session:
    """Moves a foreign driver's lines while an exchange lasts.

    Attributes
    ----------
    sent, reply
        Last line in each direction since the last `begin_step`.
    failure
        First failure of the exchange.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._transport: Transport | None = None
        self._block = b""
        self.sent = ""
        self.reply = ""
        self.failure: InstrumentError | None = None

    @property
    def address(self) -> str:
        """Resource name or port."""
        return self._link.address

    @contextmanager
    def exchange(self, doing: str) -> Iterator[None]:
        """Hold the link for one exchange, in which the foreign driver may speak.

        Raises
        ------
        InstrumentError
            The first failure of the exchange.
        """
        with self._link.exchange(doing) as transport:
            self.failure, self._block = None, b""
            self.begin_step()
            self._transport = transport
            try:
                yield
                if self.failure is not None:
                    raise self.failure
            finally:
                self._transport = None

    def begin_step(self) -> None:
        """Forget the last lines, so that it can be told whether anything was said since."""
        self.sent = self.reply = ""

    def _open(self) -> Transport:
        if self.failure is not None:
            raise self.failure
        if self._transport is None:
            raise InstrumentFault("the driver speaks outside of an exchange", address=self.address)
        return self._transport

    def _failed(self, error: InstrumentError) -> InstrumentError:
        error.command = error.command or self.sent
        self.failure = error
        return error

    def send(self, line: str) -> None:
        """Send one line; the link adds its end."""
        transport = self._open()
        self.sent, self.reply = line.rstrip("\r\n"), ""
        try:
            transport.send(self.sent)
        except InstrumentError as error:
            raise self._failed(error) from None

    def receive(self) -> str:
        """Receive one line without its end."""
        transport = self._open()
        try:
            self.reply = transport.receive()
        except InstrumentError as error:
            raise self._failed(error) from None
        return self.reply

    def query(self, question: str) -> str:
        """Send one line and receive one."""
        self.send(question)
        return self.receive()

    def receive_bytes(self, count: int = -1) -> bytes:
        """Receive `count` bytes [byte] of a definite-length block with its head, -1 for all."""
        transport = self._open()
        if not self._block:
            try:
                data = transport.receive_block()
            except InstrumentError as error:
                raise self._failed(error) from None
            length = str(len(data))
            self._block = f"#{len(length)}{length}".encode() + data + b"\n"
            self.reply = f"a block of {length} bytes"
        taken = self._block if count < 0 else self._block[:count]
        self._block = self._block[len(taken) :]
        return taken

    def discard(self) -> None:
        """Throw away what has come and was not asked for."""
        transport = self._open()
        self._block = b""
        if transport.left_over():
            transport.drain(within=1.0)

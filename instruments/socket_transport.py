"""A plain TCP socket, as ``TCPIP::host::port::SOCKET`` names it.

pyvisa-py 0.8 is not used for these: it never switches Nagle's algorithm off (a setting followed by
a question then takes 44 ms), and takes a peer that hung up for an ordinary timeout, burning a
processor until then. The bytes on the wire are the same.
"""

import contextlib
import socket

from instruments.errors import LinkLost
from instruments.transport import ByteStream, lost

__all__ = ["SocketTransport"]


class SocketTransport(ByteStream):
    """A TCP connection.

    Parameters
    ----------
    host, port
        Where the instrument listens.
    """

    def __init__(
        self, address: str, host: str, port: int, *, timeout: float = 2.0, end: str = "\n"
    ) -> None:
        super().__init__(address, timeout=timeout, end=end)
        self._where = (host, port)
        self._socket: socket.socket | None = None
        self.reopen()

    def reopen(self) -> None:
        """Close and connect again."""
        self.close()
        try:
            opened = socket.create_connection(self._where, timeout=self._timeout)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # An instrument that lost its power sends nothing more; this finds out.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        except OSError as error:
            failed = lost("nothing listens there", self.address, error)
            failed.doing = "connect"
            raise failed from error
        self._socket = opened

    def _open(self) -> socket.socket:
        if self._socket is None:
            raise LinkLost("the link is closed", address=self.address)
        return self._socket

    def _give(self, data: bytes) -> None:
        try:
            self._open().sendall(data)
        except OSError as error:
            raise lost("sending failed", self.address, error) from error

    def _take(self, wait: float) -> bytes:
        opened = self._open()
        if wait <= 0:
            return b""
        try:
            opened.settimeout(wait)
            chunk = opened.recv(65536)
        except TimeoutError:
            return b""
        except OSError as error:
            raise lost("the link broke", self.address, error) from error
        if not chunk:
            raise LinkLost("the instrument hung up", address=self.address)
        return chunk

    def close(self) -> None:
        """Hang up; may be called twice."""
        self._pending.clear()
        if self._socket is None:
            return
        opened, self._socket = self._socket, None
        with contextlib.suppress(OSError):
            opened.close()

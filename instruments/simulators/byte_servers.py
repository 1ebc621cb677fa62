"""Transports of simulated instruments: TCP sockets and pseudo-terminals, each in a thread.

A consumer takes complete messages off the front of what has come in, and sends what it answers.
"""

import contextlib
import os
import select
import socket
import tempfile
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from instruments.simulators.station import Hangup, Station

__all__ = ["Consume", "PtyBytes", "Server", "TcpBytes", "line_consumer", "serial_server",
           "tcp_server"]  # fmt: skip

Send = Callable[[bytes], None]
Consume = Callable[[bytearray, Send], None]


class Server(Protocol):
    """Serves a device at an address."""

    address: str

    def close(self) -> None:
        """Hang up on everybody."""
        ...


class TcpBytes:
    """A loopback port with any number of connections.

    Parameters
    ----------
    consumer
        Makes the consumer of each connection.
    """

    def __init__(self, consumer: Callable[[], Consume], port: int = 0) -> None:
        self._consumer = consumer
        self._listener = socket.create_server(("127.0.0.1", port))
        self._connections: set[socket.socket] = set()
        self._dark_until = 0.0
        self.port: int = self._listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if time.monotonic() < self._dark_until:
                connection.close()
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections.add(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        pending, consume = bytearray(), self._consumer()
        with connection, contextlib.suppress(OSError):
            try:
                while chunk := connection.recv(65536):
                    pending += chunk
                    consume(pending, connection.sendall)
            except Hangup as hangup:
                self._dark_until = time.monotonic() + hangup.seconds
                self._hang_up()
        self._connections.discard(connection)

    def _hang_up(self) -> None:
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Hang up on everybody."""
        self._listener.close()
        self._hang_up()


class PtyBytes:
    """A pseudo-terminal at an address that outlives a pulled plug.

    The slave side is kept open as well, so that a client may close and open the port again. The
    address is a symbolic link: a plug that is put back is a new terminal under the old name.
    """

    def __init__(self, consume: Consume) -> None:
        self._consume = consume
        self._directory = tempfile.mkdtemp(prefix="testbed-tty-")
        self._link = str(Path(self._directory) / "tty")
        self.address = self._link
        self._woken, self._wake = os.pipe()
        self._plug_in()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _plug_in(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        fresh = f"{self._link}.new"
        os.symlink(os.ttyname(self._slave), fresh)
        os.replace(fresh, self._link)

    def _pull(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._link)
        for descriptor in (self._master, self._slave):
            os.close(descriptor)

    def _serve(self) -> None:
        while True:
            try:
                self._talk()
                return
            except Hangup as hangup:
                self._pull()
                if select.select([self._woken], [], [], hangup.seconds)[0]:
                    return
                self._plug_in()

    def _talk(self) -> None:
        pending = bytearray()
        while True:
            ready, _, _ = select.select([self._master, self._woken], [], [])
            if self._woken in ready:
                self._pull()
                return
            try:
                pending += os.read(self._master, 65536)
                self._consume(pending, self._send)
            except OSError as error:
                raise Hangup(0.5) from error

    def _send(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._master, data) :]

    def close(self) -> None:
        """Pull the plug for good."""
        os.write(self._wake, b"!")
        self._thread.join(5)
        os.close(self._woken)
        os.close(self._wake)
        with contextlib.suppress(OSError):
            os.rmdir(self._directory)


def line_consumer(station: Station) -> Consume:
    """Take lines that end in LF, CR or both, and have the station answer each."""

    def consume(pending: bytearray, send: Send) -> None:
        while (place := _first_end(pending)) >= 0:
            line = bytes(pending[:place]).decode("ascii", "replace").strip()
            del pending[: place + 1]
            if line:
                station.take(line, send)

    return consume


def _first_end(pending: bytearray) -> int:
    newline = pending.find(b"\n")
    carriage = pending.find(b"\r", 0, None if newline < 0 else newline)
    return newline if carriage < 0 else carriage


def tcp_server(station: Station) -> TcpBytes:
    """Serve a station of lines as a raw socket."""
    server = TcpBytes(lambda: line_consumer(station))
    server.address = f"TCPIP::127.0.0.1::{server.port}::SOCKET"
    return server


def serial_server(station: Station) -> PtyBytes:
    """Serve a station of lines as a serial port."""
    return PtyBytes(line_consumer(station))

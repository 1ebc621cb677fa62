"""A Modbus unit whose every answer a test decides, over RTU on a pty or over TCP."""

import os
import select
import socket
import struct
import tempfile
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from pymodbus.framer import FramerRTU

Answer = Callable[[int, bytes], bytes | None]
"""From unit and request to the response, both without framing; None for silence."""


def sealed(data: bytes) -> bytes:
    return data + FramerRTU.compute_CRC(data).to_bytes(2, "big")


def registers(*values: int) -> bytes:
    """Give the response to a read."""
    return struct.pack(f">BB{len(values)}H", 3, 2 * len(values), *values)


def asked(request: bytes) -> tuple[int, int]:
    """Read first register and number, or value, of a request."""
    first, second = struct.unpack(">HH", request[1:5])
    return first, second


@contextmanager
def rtu_peer(answer: Answer) -> Iterator[tuple[str, Callable[[bytes], None]]]:
    """Serve a port; hands out its name and what sends bytes that nobody asked for."""
    master, slave = os.openpty()
    tty.setraw(slave)
    folder = tempfile.mkdtemp()
    name = f"{folder}/tty"
    os.symlink(os.ttyname(slave), name)
    woken, wake = os.pipe()

    def talk() -> None:
        pending = b""
        while True:
            ready, _, _ = select.select([master, woken], [], [])
            if woken in ready:
                return
            pending += os.read(master, 4096)
            while len(pending) >= 8 and len(pending) >= (length := _length(pending)):
                frame, pending = pending[:length], pending[length:]
                assert sealed(frame[:-2]) == frame
                reply = answer(frame[0], frame[1:-2])
                if reply is not None:
                    os.write(master, sealed(frame[:1] + reply))

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield name, lambda data: os.write(master, data)
    finally:
        os.write(wake, b"!")
        thread.join()
        os.unlink(name)
        os.rmdir(folder)
        for each in (master, slave, woken, wake):
            os.close(each)


def _length(frame: bytes) -> int:
    return 9 + frame[6] if frame[1] == 16 else 8


@contextmanager
def tcp_peer(answer: Answer) -> Iterator[tuple[str, Callable[[], None]]]:
    """Serve one connection after another; hands out host and port, and what hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))
    connections: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(connection)
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    def talk(connection: socket.socket) -> None:
        pending = b""
        with connection, suppress(OSError):
            while chunk := connection.recv(4096):
                pending += chunk
                while len(pending) >= 8:
                    transaction, _, length, unit = struct.unpack(">HHHB", pending[:7])
                    request, pending = pending[7 : 6 + length], pending[6 + length :]
                    reply = answer(unit, request)
                    if reply == b"":
                        return
                    if reply is not None:
                        head = struct.pack(">HHHB", transaction, 0, len(reply) + 1, unit)
                        connection.sendall(head + reply)

    def hang_up() -> None:
        while connections:
            with suppress(OSError):
                connections.pop().shutdown(socket.SHUT_RDWR)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}", hang_up
    finally:
        hang_up()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(2)

"""Peers on real transports whose every answer a test decides: a TCP socket and a pty."""

import os
import select
import socket
import tempfile
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Answer = Callable[[str], str | None]
"""From a line received to the text to send back; None for silence."""

HANG_UP = "hang up"
"""The answer by which a peer closes the connection instead."""


@contextmanager
def tcp_peer(answer: Answer) -> Iterator[str]:
    """Serve one connection after another; hands out the VISA resource name."""
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
        while True:
            try:
                chunk = connection.recv(4096)
                if not chunk:
                    return
                pending += chunk
                while b"\n" in pending:
                    line, _, pending = pending.partition(b"\n")
                    reply = answer(line.decode())
                    if reply == HANG_UP:
                        connection.close()
                    elif reply is not None:
                        connection.sendall(reply.encode("latin-1"))
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"TCPIP::127.0.0.1::{listener.getsockname()[1]}::SOCKET"
    finally:
        for connection in connections:
            connection.close()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(2)


@contextmanager
def pty_peer(answer: Answer, end: bytes = b"\n") -> Iterator[tuple[str, Callable[[], None]]]:
    """Serve a serial line; hands out the device and a function that pulls the plug."""
    master, slave = os.openpty()
    tty.setraw(slave)
    # The kernel gives the number of a closed terminal to the next process that asks for one.
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
            while end in pending:
                line, _, pending = pending.partition(end)
                if (reply := answer(line.decode())) is not None:
                    os.write(master, reply.encode())

    def unplug() -> None:
        if thread.is_alive():
            os.write(wake, b"!")
            thread.join()
            os.unlink(name)
            os.rmdir(folder)
            for each in (master, slave, woken, wake):
                os.close(each)

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield name, unplug
    finally:
        unplug()

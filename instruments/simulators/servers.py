"""Transports of simulated instruments: TCP sockets and pseudo-terminals, each line in a thread."""

import contextlib
import os
import select
import socket
import threading
import time
import tty
from collections.abc import Callable
from typing import Protocol

from instruments.simulators.faults import Fault, Faults
from instruments.simulators.scpi_device import ScpiDevice
from instruments.simulators.world import World

__all__ = ["Device", "SerialServer", "Station", "TcpServer"]

Send = Callable[[bytes], None]


class Device(Protocol):
    """Answers lines."""

    def handle(self, line: str) -> str | None:
        """Carry out one line; gives the reply without its end, None for none."""
        ...


class Hangup(Exception):
    """The fault that pulls the plug."""


class Station:
    """One device in its world, with the faults that lie in wait; knows no transport."""

    def __init__(
        self,
        role: str,
        device: Device,
        world: World,
        faults: Faults,
        log_command: Callable[[str, str], None] | None,
    ) -> None:
        self._role = role
        self._device = device
        self._world = world
        self._faults = faults
        self._log_command = log_command
        self.end = getattr(device, "end", "\n")

    def take(self, line: str, send: Send) -> None:
        """Carry out a line and send its reply, or what a fault makes of it."""
        if self._log_command:
            self._log_command(self._role, line)
        fault = self._faults.due(self._role, line)
        if fault and fault.kind == "disconnect":
            raise Hangup
        if fault and fault.kind == "error_queue" and isinstance(self._device, ScpiDevice):
            self._device.errors.append((-350, "Queue overflow"))
        with self._world.lock:
            self._world.advance()
            reply = self._device.handle(line)
        if reply is None:
            return
        data = (reply + self.end).encode("ascii", "replace")
        if fault is not None:
            data = self._spoiled(fault, data)
        if data:
            send(data)

    def _spoiled(self, fault: Fault, data: bytes) -> bytes:
        end = self.end.encode()
        match fault.kind:
            case "no_answer":
                return b""
            case "late_answer":
                time.sleep(fault.seconds)
            case "garbage":
                return b"\xfe\xed#?" + end
            case "truncate":
                return data[: max(1, len(data) // 2)]
            case "wrong_identity":
                return b"Somebody,Else,0000,0" + end
            case "overload":
                return b"+9.90000000E+37" + end
        return data


class TcpServer:
    """Serves a station on a free loopback port; any number of connections, one after another."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: set[socket.socket] = set()
        self.address = f"TCPIP::127.0.0.1::{self._listener.getsockname()[1]}::SOCKET"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections.add(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        pending = b""
        with connection, contextlib.suppress(OSError, Hangup):
            while chunk := connection.recv(65536):
                pending += chunk
                while b"\n" in pending:
                    line, _, pending = pending.partition(b"\n")
                    self._station.take(line.decode("ascii", "replace").strip(), connection.sendall)
        self._connections.discard(connection)

    def close(self) -> None:
        """Hang up on everybody."""
        self._listener.close()
        for connection in list(self._connections):
            connection.close()


class SerialServer:
    """Serves a station on a pseudo-terminal.

    The slave side is kept open as well, so that a client may close and open the port again.
    """

    def __init__(self, station: Station) -> None:
        self._station = station
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.address = os.ttyname(self._slave)
        self._woken, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def _talk(self) -> None:
        pending = b""
        while True:
            ready, _, _ = select.select([self._master, self._woken], [], [])
            if self._woken in ready:
                return
            try:
                pending += os.read(self._master, 65536)
                while b"\n" in pending:
                    line, _, pending = pending.partition(b"\n")
                    self._station.take(line.decode("ascii", "replace").strip(), self._send)
            except (OSError, Hangup):
                self._hang_up()
                return

    def _send(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._master, data) :]

    def _hang_up(self) -> None:
        for descriptor in (self._master, self._slave):
            os.close(descriptor)

    def close(self) -> None:
        """Pull the plug."""
        if self._thread.is_alive():
            os.write(self._wake, b"!")
            self._thread.join()
            self._hang_up()
        os.close(self._woken)
        os.close(self._wake)

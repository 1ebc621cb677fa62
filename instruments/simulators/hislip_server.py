"""A station behind HiSLIP, in synchronised mode.

Source: IVI-6.1 High-Speed LAN Instrument Protocol, revision 2.0: message header (2.1), connection
(6.1), data (6.2), device clear (6.12), status (6.14). Locks are always granted:
there is one client.
"""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator

from instruments.simulators.station import Hangup, Station

__all__ = ["HislipServer"]

_HEADER = struct.Struct("!2sBBIQ")
_INITIALIZE, _INITIALIZED = 0, 1
_ERROR, _LOCK, _LOCKED = 3, 4, 5
_DATA, _DATA_END, _CLEAR_COMPLETE, _CLEARED = 6, 7, 8, 9
_REMOTE, _REMOTE_SET = 10, 11
_SIZE, _SIZE_SET = 15, 16
_ASYNC, _ASYNC_DONE = 17, 18
_ASYNC_CLEAR, _STATUS, _STATUS_IS, _ASYNC_CLEARED = 19, 21, 22, 23
_LARGEST = 1 << 20
# Message to its answer and control code.
_PLAIN = {
    _LOCK: (_LOCKED, 1),
    _CLEAR_COMPLETE: (_CLEARED, 0),
    _REMOTE: (_REMOTE_SET, 0),
    _ASYNC: (_ASYNC_DONE, 0),
    _ASYNC_CLEAR: (_ASYNC_CLEARED, 0),
    _STATUS: (_STATUS_IS, 0),
}


def _messages(connection: socket.socket) -> Iterator[tuple[int, int, int, bytes]]:
    while True:
        header = _exactly(connection, _HEADER.size)
        if not header:
            return
        prologue, kind, control, parameter, length = _HEADER.unpack(header)
        if prologue != b"HS" or length > _LARGEST:
            return
        yield kind, control, parameter, _exactly(connection, length)


def _exactly(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        chunk = connection.recv(length - len(data))
        if not chunk:
            return b""
        data += chunk
    return data


class HislipServer:
    """Serves a station on a loopback port."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: set[socket.socket] = set()
        self._sessions = 0
        self._dark_until = 0.0
        self.address = f"TCPIP::127.0.0.1::hislip0,{self._listener.getsockname()[1]}::INSTR"
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
        message = b""
        with connection, contextlib.suppress(OSError):
            try:
                for kind, _, parameter, payload in _messages(connection):
                    if kind in (_DATA, _DATA_END):
                        message += payload
                        if kind == _DATA_END:
                            self._take(connection, message, parameter)
                            message = b""
                        continue
                    message = b""
                    connection.sendall(self._answer(kind))
            except Hangup as hangup:
                self._dark_until = time.monotonic() + hangup.seconds
                for other in list(self._connections):
                    with contextlib.suppress(OSError):
                        other.shutdown(socket.SHUT_RDWR)
        self._connections.discard(connection)

    def _take(self, connection: socket.socket, message: bytes, number: int) -> None:
        sent = bytearray()
        for line in message.decode("ascii", "replace").splitlines():
            self._station.take(line.strip(), sent.extend)
        if sent:
            kind = _DATA_END if sent.endswith(self._station.end.encode()) else _DATA
            connection.sendall(_HEADER.pack(b"HS", kind, 0, number, len(sent)) + sent)

    def _answer(self, kind: int) -> bytes:
        if kind == _INITIALIZE:
            self._sessions += 1
            return _HEADER.pack(b"HS", _INITIALIZED, 0, 0x01000000 | self._sessions, 0)
        if kind == _SIZE:
            return _HEADER.pack(b"HS", _SIZE_SET, 0, 0, 8) + struct.pack("!Q", _LARGEST)
        if kind in _PLAIN:
            answer, control = _PLAIN[kind]
            return _HEADER.pack(b"HS", answer, control, 0, 0)
        reason = b"Unrecognized message type"
        return _HEADER.pack(b"HS", _ERROR, 1, 0, len(reason)) + reason

    def close(self) -> None:
        """Hang up on everybody."""
        self._listener.close()
        for connection in list(self._connections):
            connection.close()

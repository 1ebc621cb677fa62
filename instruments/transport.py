"""Lines of text over VISA or a serial port; every failure becomes one of our own errors.

Two facts about pyvisa-py 0.8 shape the VISA side: Nagle's algorithm is never switched off on a
socket (a setting followed by a question then takes 44 ms), and a peer that closed the connection
looks like an ordinary timeout.
"""

import contextlib
import socket
import time
from types import TracebackType
from typing import Protocol, Self

import pyvisa
import serial
from pyvisa.constants import StatusCode
from pyvisa.resources import MessageBasedResource

from instruments.errors import BadAnswer, LinkLost, NoAnswer

__all__ = ["SerialTransport", "Transport", "VisaTransport", "open_transport"]

_QUIET = 0.05  # [s] without a byte after which a line counts as silent


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

    def drain(self, within: float) -> None:
        """Throw away what arrives until the line is silent, for `within` [s] at most."""
        ...

    def reopen(self) -> None:
        """Close and open again."""
        ...

    def close(self) -> None:
        """Give the resource back; may be called twice."""
        ...


class _Closing:
    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class VisaTransport(_Closing):
    """A VISA resource, by pyvisa-py or any installed backend.

    Parameters
    ----------
    address
        VISA resource name ("TCPIP::10.0.0.7::5025::SOCKET").
    library
        Backend as PyVISA names it: "@py", "@ivi", or a path.
    timeout
        Longest wait for a line [s].
    end
        Line end, in both directions.
    """

    def __init__(
        self, address: str, *, library: str = "@py", timeout: float = 2.0, end: str = "\n"
    ) -> None:
        self.address = address
        self._library = library
        self._timeout = timeout
        self._end = end
        self._resource: MessageBasedResource | None = None
        self.reopen()

    def reopen(self) -> None:
        """Close and open again."""
        self.close()
        try:
            resource = pyvisa.ResourceManager(self._library).open_resource(
                self.address,
                read_termination=self._end,
                write_termination=self._end,
                timeout=self._timeout * 1000,
                open_timeout=int(self._timeout * 1000),
            )
        except (pyvisa.Error, OSError, ValueError) as error:
            raise LinkLost(
                f"no link could be opened ({error})", address=self.address, doing="connect"
            ) from error
        if not isinstance(resource, MessageBasedResource):
            resource.close()
            raise LinkLost("this resource carries no text", address=self.address, doing="connect")
        self._resource = resource
        if (plain := self._socket()) is None:
            return
        try:
            # pyvisa-py opens a socket to a closed port without complaint.
            plain.getpeername()
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            self.close()
            raise LinkLost(
                f"nothing listens there ({error})", address=self.address, doing="connect"
            ) from error

    def _socket(self) -> socket.socket | None:
        """Find the TCP socket under pyvisa-py; other backends set NODELAY themselves."""
        resource = self._open()
        sessions = getattr(resource.visalib, "sessions", {})
        interface = getattr(sessions.get(resource.session), "interface", None)
        return interface if isinstance(interface, socket.socket) else None

    def _open(self) -> MessageBasedResource:
        if self._resource is None:
            raise LinkLost("the link is closed", address=self.address)
        return self._resource

    def send(self, line: str) -> None:
        """Send one line; the line end is added."""
        try:
            self._open().write(line)
        except (pyvisa.Error, OSError) as error:
            raise LinkLost(f"sending failed ({error})", address=self.address) from error

    def receive(self) -> str:
        """Receive one line without its end."""
        try:
            return self._open().read()
        except pyvisa.VisaIOError as error:
            if error.error_code == StatusCode.error_timeout and not self._peer_has_left():
                raise NoAnswer("no answer in time", address=self.address) from error
            raise LinkLost(f"the link broke ({error})", address=self.address) from error
        except UnicodeDecodeError as error:
            raise BadAnswer(
                "the reply is not ASCII", reply=repr(error.object), address=self.address
            ) from error
        except OSError as error:
            raise LinkLost(f"the link broke ({error})", address=self.address) from error

    def _peer_has_left(self) -> bool:
        plain = self._socket()
        if plain is None:
            return False
        try:
            return plain.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def drain(self, within: float) -> None:
        """Throw away what arrives until the line is silent."""
        resource = self._open()
        until = time.monotonic() + within
        kept = resource.timeout
        try:
            # On a socket pyvisa-py's clear() never returns once the peer has closed it.
            if self._socket() is None:
                with contextlib.suppress(pyvisa.Error):
                    resource.clear()
            resource.timeout = _QUIET * 1000
            while time.monotonic() < until:
                try:
                    resource.read_raw()
                except pyvisa.VisaIOError as error:
                    if self._peer_has_left():
                        raise LinkLost("the peer hung up", address=self.address) from error
                    return
        except OSError as error:
            raise LinkLost(f"the link broke ({error})", address=self.address) from error
        finally:
            resource.timeout = kept

    def close(self) -> None:
        """Give the resource back; may be called twice."""
        if self._resource is None:
            return
        resource, self._resource = self._resource, None
        # A resource whose cable is out cannot be closed in order; it is gone either way.
        with contextlib.suppress(pyvisa.Error, OSError):
            resource.close()


class SerialTransport(_Closing):
    """A serial port by pyserial, opened for this process alone.

    Parameters
    ----------
    address
        Device ("/dev/ttyUSB0", "COM3") or a pyserial URL.
    baud
        Symbol rate [Bd]; 8 data bits, no parity, one stop bit.
    timeout
        Longest wait for a line [s].
    end
        Line end, in both directions.
    """

    def __init__(self, address: str, *, baud: int, timeout: float = 2.0, end: str = "\n") -> None:
        self.address = address
        self._baud = baud
        self._timeout = timeout
        self._end = end.encode("ascii")
        self._port: serial.Serial | None = None
        self._pending = bytearray()
        self.reopen()

    def reopen(self) -> None:
        """Close and open again."""
        self.close()
        try:
            self._port = serial.serial_for_url(
                self.address,
                baudrate=self._baud,
                timeout=self._timeout,
                write_timeout=self._timeout,
                exclusive=True,
            )
        except (OSError, ValueError) as error:
            raise LinkLost(
                f"the port could not be opened ({error})", address=self.address, doing="connect"
            ) from error

    def _open(self) -> serial.Serial:
        if self._port is None:
            raise LinkLost("the port is closed", address=self.address)
        return self._port

    def send(self, line: str) -> None:
        """Send one line; the line end is added."""
        try:
            self._open().write(line.encode("ascii") + self._end)
        except OSError as error:
            raise LinkLost(f"sending failed ({error})", address=self.address) from error

    def receive(self) -> str:
        """Receive one line without its end."""
        until = time.monotonic() + self._timeout
        while (place := self._pending.find(self._end)) < 0:
            if not self._read_some(until - time.monotonic()):
                raise NoAnswer("no answer in time", address=self.address)
        line = bytes(self._pending[:place])
        del self._pending[: place + len(self._end)]
        try:
            return line.decode("ascii")
        except UnicodeDecodeError as error:
            raise BadAnswer(
                "the reply is not ASCII", reply=repr(line), address=self.address
            ) from error

    def _read_some(self, wait: float) -> bool:
        if wait <= 0:
            return False
        port = self._open()
        try:
            port.timeout = wait
            chunk = port.read(max(1, port.in_waiting))
        except OSError as error:
            raise LinkLost(f"the port broke ({error})", address=self.address) from error
        self._pending += chunk
        return bool(chunk)

    def drain(self, within: float) -> None:
        """Throw away what arrives until the line is silent."""
        until = time.monotonic() + within
        while time.monotonic() < until and self._read_some(_QUIET):
            self._pending.clear()
        self._pending.clear()

    def close(self) -> None:
        """Give the resource back; may be called twice."""
        self._pending.clear()
        if self._port is None:
            return
        port, self._port = self._port, None
        with contextlib.suppress(OSError):
            port.close()


def open_transport(
    address: str, *, baud: int, visa_library: str, timeout: float, end: str
) -> Transport:
    """Open VISA where `address` is a resource name ("…::…"), else a serial port."""
    if "::" in address:
        return VisaTransport(address, library=visa_library, timeout=timeout, end=end)
    return SerialTransport(address, baud=baud, timeout=timeout, end=end)

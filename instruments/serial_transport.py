"""A serial port by pyserial: a device file, a URL as ``socket://`` or ``rfc2217://``, or a pty."""

import contextlib

import serial

from instruments.errors import LinkLost
from instruments.transport import ByteStream, lost

__all__ = ["SerialTransport"]


class SerialTransport(ByteStream):
    """A serial port of 8 data bits, no parity, 1 stop bit.

    Parameters
    ----------
    address
        Name of the port ("/dev/ttyUSB0", "COM3") or a pyserial URL.
    baud
        Bits per second [1/s].
    """

    def __init__(self, address: str, *, baud: int, timeout: float = 2.0, end: str = "\n") -> None:
        super().__init__(address, timeout=timeout, end=end)
        self._baud = baud
        self._port: serial.Serial | None = None
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
            failed = lost("the port could not be opened", self.address, error)
            failed.doing = "connect"
            raise failed from error

    def _open(self) -> serial.Serial:
        if self._port is None:
            raise LinkLost("the port is closed", address=self.address)
        return self._port

    def _give(self, data: bytes) -> None:
        try:
            self._open().write(data)
        except (OSError, TypeError) as error:
            raise lost("sending failed", self.address, error) from error

    def _take(self, wait: float) -> bytes:
        port = self._open()
        if wait <= 0:
            return b""
        try:
            # Setting it costs five system calls; twice the wait at worst is as good.
            wanted = self._timeout if wait > self._timeout / 2 else wait
            if port.timeout != wanted:
                port.timeout = wanted
            chunk: bytes = port.read(max(1, port.in_waiting))
        except (OSError, TypeError) as error:
            # pyserial raises TypeError where another thread closed the port meanwhile.
            raise lost("the port broke", self.address, error) from error
        return chunk

    def close(self) -> None:
        """Give the port back; may be called twice."""
        self._pending.clear()
        if self._port is None:
            return
        port, self._port = self._port, None
        with contextlib.suppress(OSError):
            port.close()

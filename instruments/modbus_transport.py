"""One Modbus line by pymodbus: a TCP connection, or an RTU port with one or several units on it.

An address is ``modbus-tcp://host:port/unit`` or ``modbus-rtu:///dev/ttyUSB0?baud=9600&unit=1``.

Source: Modbus over serial line V1.02, 2.5.1.1 (silence of 3.5 characters between two frames).
"""

import logging
import re
import select
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import serial
from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.exceptions import ConnectionException, ModbusException, ModbusIOException
from pymodbus.pdu import ModbusPDU

from instruments.errors import BadAnswer, LinkLost, NoAnswer
from instruments.modbus_request import Request, refusal
from instruments.transport import QUIET

__all__ = ["ModbusPlace", "ModbusTransport", "RegisterTransport", "is_modbus", "modbus_place"]

# What goes wrong is raised; pymodbus would print it as well.
logging.getLogger("pymodbus").addHandler(logging.NullHandler())

_ADDRESS = re.compile(r"modbus-(?P<kind>tcp|rtu)://(?P<line>[^?]+)(?:\?(?P<options>.*))?")
_TCP = re.compile(r"(?P<host>[^/:]+)(?::(?P<port>\d+))?(?:/(?P<unit>\d+))?")
_ACCEPTED = "modbus-tcp://host:port/unit or modbus-rtu:///dev/ttyUSB0?baud=9600&unit=1"
_PORT = 502
_LAST_UNIT = {"tcp": 255, "rtu": 247}
_CHARACTER = 11  # bits of one on the line
_SILENCE = 3.5  # characters
_FAST = 0.00175  # [s] of silence above 19200 bit/s
_READ, _WRITE_ONE, _WRITE = 3, 6, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ModbusPlace:
    """Where a Modbus instrument is.

    Attributes
    ----------
    line
        What is opened: host and port, or the serial port.
    baud
        Bits per second [1/s]; 0 where the address does not say.
    parity
        "N", "E" or "O".
    """

    address: str
    kind: str
    line: str
    unit: int
    baud: int = 0
    parity: str = "N"

    @property
    def shared(self) -> str:
        """What two addresses have in common that cannot both be open: the port, under RTU."""
        return self.line if self.kind == "rtu" else f"{self.line}/{self.unit}"


def is_modbus(address: str) -> bool:
    """Tell whether an address is one of Modbus."""
    return address.startswith("modbus-")


def modbus_place(address: str) -> ModbusPlace:
    """Read an address.

    Raises
    ------
    LinkLost
        It is none; the message says what is accepted.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise _no_address(address)
    kind, line = match["kind"], match["line"]
    pairs = [pair.partition("=") for pair in (match["options"] or "").split("&") if pair]
    options = {name: value for name, _, value in pairs}
    if kind == "tcp":
        where = _TCP.fullmatch(line)
        if where is None:
            raise _no_address(address)
        line = f"{where['host']}:{where['port'] or _PORT}"
        options.setdefault("unit", where["unit"] or "1")
    unit, baud = options.pop("unit", "1"), options.pop("baud", "0")
    parity = options.pop("parity", "N")
    if options or not (unit + baud).isdecimal() or parity not in ("N", "E", "O"):
        raise _no_address(address)
    if int(unit) > _LAST_UNIT[kind] or (kind == "rtu" and unit == "0"):
        raise _no_address(address)
    return ModbusPlace(
        address=address, kind=kind, line=line, unit=int(unit), baud=int(baud), parity=parity
    )


def _no_address(address: str) -> LinkLost:
    return LinkLost(f"no Modbus address; accepted: {_ACCEPTED}", address=address, doing="connect")


class RegisterTransport(Protocol):
    """Carries requests and replies; knows nothing of order and proof."""

    def carry(self, unit: int, request: Request, timeout: float) -> tuple[int, ...]:
        """Send a request; gives the registers that were read, none for a write.

        Raises
        ------
        InstrumentError
            Of its family.
        """
        ...

    def left_over(self) -> bool:
        """Tell whether bytes have come that nobody asked for."""
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


class ModbusTransport:
    """A line that pymodbus has opened.

    Parameters
    ----------
    baud
        Bits per second [1/s], where the address does not say.
    timeout
        Longest wait for the line to open [s].
    """

    def __init__(self, place: ModbusPlace, *, baud: int, timeout: float) -> None:
        self._baud = place.baud or baud
        self._place = place
        self._address = place.address
        self._free_at = 0.0
        self._silence = 0.0
        self._client: ModbusTcpClient | ModbusSerialClient
        if place.kind == "tcp":
            host, _, port = place.line.partition(":")
            self._client = ModbusTcpClient(
                host, port=int(port), timeout=timeout, retries=0, reconnect_delay=0
            )
        else:
            slow = _SILENCE * _CHARACTER / self._baud
            self._silence = slow if self._baud <= 19200 else _FAST
            self._client = ModbusSerialClient(
                place.line, baudrate=self._baud, parity=place.parity, timeout=timeout, retries=0,
                reconnect_delay=0,
            )  # fmt: skip
        self.reopen()

    def same_settings(self, place: ModbusPlace, baud: int) -> None:
        """Make sure that another unit's address asks for the speed at which the port is open.

        Raises
        ------
        LinkLost
            It does not.
        """
        wanted = (place.baud or baud, place.parity)
        if place.kind == "rtu" and wanted != (self._baud, self._place.parity):
            raise LinkLost(
                f"the port is open at {self._baud} bit/s, parity {self._place.parity}",
                address=place.address,
                doing="connect",
            )

    def reopen(self) -> None:
        """Close and open again."""
        self.close()
        if not self._client.connect():
            raise LinkLost("nothing could be opened there", address=self._address, doing="connect")

    def carry(self, unit: int, request: Request, timeout: float) -> tuple[int, ...]:
        """Send a request; gives the registers that were read, none for a write."""
        self._client.comm_params.timeout_connect = timeout
        time.sleep(max(0.0, self._free_at - time.monotonic()))
        try:
            return _checked(request, self._sent(unit, request))
        except ModbusIOException as error:
            raise NoAnswer("no valid answer in time", address=self._address) from error
        except (ConnectionException, OSError) as error:
            raise LinkLost(f"the link broke ({error})", address=self._address) from error
        except (ModbusException, struct.error, IndexError, ValueError) as error:
            raise BadAnswer(f"the frame makes no sense ({error})", address=self._address) from error
        finally:
            self._free_at = time.monotonic() + self._silence

    def _sent(self, unit: int, request: Request) -> ModbusPDU:
        client, first, values = self._client, request.register, request.values
        if not values:
            return client.read_holding_registers(first, count=request.count, device_id=unit)
        if len(values) == 1:
            return client.write_register(first, values[0], device_id=unit)
        return client.write_registers(first, list(values), device_id=unit)

    def left_over(self) -> bool:
        """Tell whether bytes have come that nobody asked for, or the other side hung up."""
        port = self._client.socket
        if port is None:
            return True
        try:
            if isinstance(port, serial.Serial):
                return bool(port.in_waiting)
            return bool(select.select([port], [], [], 0.0)[0])
        except (OSError, ValueError):
            return True

    def drain(self, within: float) -> None:
        """Throw away what arrives until the line is silent; a connection is made anew for it."""
        port = self._client.socket
        if not isinstance(port, serial.Serial):
            return self.reopen()
        until = time.monotonic() + within
        quiet_since = time.monotonic()
        try:
            while time.monotonic() < until and time.monotonic() - quiet_since < QUIET:
                if port.in_waiting:
                    port.reset_input_buffer()
                    quiet_since = time.monotonic()
                time.sleep(0.005)
        except OSError as error:
            raise LinkLost(f"the port broke ({error})", address=self._address) from error

    def close(self) -> None:
        """Give the line back; may be called twice."""
        with suppress(OSError):
            self._client.close()  # type: ignore[no-untyped-call]


def _checked(request: Request, reply: ModbusPDU) -> tuple[int, ...]:
    """Compare a reply with its request, as far as it repeats it."""
    if isinstance(reply, ModbusIOException):
        raise NoAnswer("no valid answer in time")
    if reply.isError():
        raise refusal(getattr(reply, "exception_code", 0))
    values, function = request.values, reply.function_code
    if not values:
        if function != _READ or len(reply.registers) != request.count:
            raise BadAnswer(f"{request.count} registers were expected", reply=_said(reply))
        return tuple(reply.registers)
    if function != (_WRITE_ONE if len(values) == 1 else _WRITE) or not _repeats(request, reply):
        raise BadAnswer("the write was not confirmed", reply=_said(reply))
    return ()


def _repeats(request: Request, reply: ModbusPDU) -> bool:
    if reply.address != request.register:
        return False
    if len(request.values) == 1:
        return tuple(reply.registers) == request.values
    return reply.count == request.count


def _said(reply: ModbusPDU) -> str:
    return f"function {reply.function_code}, registers {reply.registers}"

"""Registers over Modbus TCP or RTU, by pymodbus, in the same order and with the same errors.

An address is ``modbus-tcp://host:port/unit`` or ``modbus-rtu:///dev/ttyUSB0?baud=9600&unit=1``.
An RTU reply says neither which register it belongs to nor which request, so that after any failure
the port is emptied and the identity registers have to be read as they were, before anything else.
"""

import re
import struct
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

import serial
from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.exceptions import ConnectionException, ModbusException, ModbusIOException
from pymodbus.pdu import ModbusPDU

from instruments.errors import BadAnswer, InstrumentError, InstrumentFault, LinkLost, NoAnswer
from instruments.lease import AddressLease

__all__ = ["ModbusLink", "float_of", "registers_of"]

Value = TypeVar("Value")
_ADDRESS = re.compile(
    r"modbus-(?P<kind>tcp|rtu)://(?P<where>[^?]*?)(?:/(?P<unit>\d+))?(?:\?(?P<options>.*))?"
)
_BUDGET = 6.0  # [s]
_EXCEPTIONS = {
    1: "illegal function",
    2: "illegal register",
    3: "illegal value",
    4: "device failure",
    5: "acknowledged, still working",
    6: "device busy",
    8: "memory parity error",
    10: "gateway without path",
    11: "gateway target silent",
}


class ModbusLink:
    """Reads and writes holding registers, one exchange at a time.

    Parameters
    ----------
    address
        As in the module's description.
    known
        First register and number of the registers that never change, which prove the link.
    timeout
        Longest wait for a reply [s].
    """

    def __init__(self, address: str, *, known: tuple[int, int], timeout: float = 2.0) -> None:
        self.address = address
        self._known = known
        self._timeout = timeout
        self._proof: tuple[int, ...] | None = None
        self._lock = threading.RLock()
        self._suspect = False
        self._lease = AddressLease(address, within=0.5)
        self.announce = self._lease.announce
        try:
            self._client, self._unit = _client(address, timeout)
            self._connect()
        except BaseException:
            self._lease.close()
            raise

    def _connect(self) -> None:
        if not self._client.connect():
            raise LinkLost("nothing listens there", address=self.address, doing="connect")

    def read(self, register: int, count: int, *, doing: str) -> tuple[int, ...]:
        """Read `count` holding registers from `register` on (function 3)."""

        def ask() -> tuple[int, ...]:
            reply = self._client.read_holding_registers(register, count=count, device_id=self._unit)
            self._judge(reply)
            if len(reply.registers) != count:
                raise BadAnswer(f"{count} registers were expected", reply=str(reply.registers))
            return tuple(reply.registers)

        return self._exchange(ask, f"read {register}", doing)

    def write(self, register: int, values: Sequence[int], *, doing: str) -> None:
        """Write holding registers from `register` on (function 16, or 6 for one)."""

        def tell() -> None:
            if len(values) == 1:
                reply = self._client.write_register(register, values[0], device_id=self._unit)
            else:
                reply = self._client.write_registers(register, list(values), device_id=self._unit)
            self._judge(reply)

        self._exchange(tell, f"write {register}", doing)

    def _judge(self, reply: ModbusPDU) -> None:
        if isinstance(reply, ModbusIOException):
            raise NoAnswer("no valid answer in time", address=self.address)
        if reply.isError():
            code = getattr(reply, "exception_code", 0)
            meaning = _EXCEPTIONS.get(code, "of no known meaning")
            raise InstrumentFault(
                f"the instrument reports Modbus exception {code}, {meaning}", address=self.address
            )

    def _exchange(self, what: Callable[[], Value], command: str, doing: str) -> Value:
        with self._lock:
            try:
                if self._suspect:
                    self._resynchronise()
                return self._called(what)
            except InstrumentError as error:
                error.doing = error.doing or doing
                error.command = error.command or command
                error.address = error.address or self.address
                if not isinstance(error, InstrumentFault):
                    self._suspect = True
                raise
            except BaseException:
                self._suspect = True
                raise

    def _called(self, what: Callable[[], Value]) -> Value:
        try:
            return what()
        except ModbusIOException as error:
            raise NoAnswer(f"no valid answer in time ({error})", address=self.address) from error
        except (ConnectionException, OSError) as error:
            raise LinkLost(f"the link broke ({error})", address=self.address) from error
        except (ModbusException, struct.error, ValueError) as error:
            raise BadAnswer(f"the frame makes no sense ({error})", address=self.address) from error

    def ask_known(self, accept: Callable[[tuple[int, ...]], None]) -> tuple[int, ...]:
        """Read the registers that never change, let `accept` judge them, and keep them as proof."""
        found = self.read(*self._known, doing="identify the instrument")
        accept(found)
        self._proof = found
        return found

    def _resynchronise(self) -> None:
        until = time.monotonic() + _BUDGET
        error: Exception | None = None
        while time.monotonic() < until:
            # A closed socket drops what is late; a port drops it once it was silent for a while.
            self._client.close()  # type: ignore[no-untyped-call]
            try:
                self._connect()
                self._empty()
                first, count = self._known
                reply = self._called(
                    lambda first=first, count=count: self._client.read_holding_registers(  # type: ignore[misc]
                        first, count=count, device_id=self._unit
                    )
                )
                self._judge(reply)
            except InstrumentError as failed:
                error = failed
                if isinstance(failed, LinkLost):
                    time.sleep(0.2)
                continue
            if self._proof is None or tuple(reply.registers) == self._proof:
                self._suspect = False
                return
        raise LinkLost(
            f"the link could not be brought back in step after an earlier failure ({error})",
            address=self.address,
        ) from error

    def _empty(self) -> None:
        port = self._client.socket
        if not isinstance(port, serial.Serial):
            return
        until = time.monotonic() + 1.0
        quiet_since = time.monotonic()
        while time.monotonic() < until and time.monotonic() - quiet_since < 0.05:
            if port.in_waiting:
                port.reset_input_buffer()
                quiet_since = time.monotonic()
            time.sleep(0.005)

    def close(self) -> None:
        """Give the link back; may be called twice."""
        with self._lock, suppress(OSError):
            self._client.close()  # type: ignore[no-untyped-call]
        self._lease.close()


def _client(address: str, timeout: float) -> tuple[ModbusTcpClient | ModbusSerialClient, int]:
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise LinkLost(
            "no Modbus address; accepted: modbus-tcp://host:port/unit or "
            "modbus-rtu:///dev/ttyUSB0?baud=9600&unit=1",
            address=address,
            doing="connect",
        )
    options = dict(pair.split("=", 1) for pair in (match["options"] or "").split("&") if pair)
    if match["kind"] == "tcp":
        host, _, port = match["where"].partition(":")
        tcp = ModbusTcpClient(
            host, port=int(port or 502), timeout=timeout, retries=0, reconnect_delay=0
        )
        return tcp, int(match["unit"] or 1)
    where = match["where"] + (f"/{match['unit']}" if match["unit"] else "")
    rtu = ModbusSerialClient(
        where,
        baudrate=int(options.get("baud", 9600)),
        parity=options.get("parity", "N"),
        timeout=timeout,
        retries=0,
        reconnect_delay=0,
    )
    return rtu, int(options.get("unit", 1))


def float_of(registers: Sequence[int], *, low_word_first: bool = False) -> float:
    """Read an IEEE 754 single from two registers.

    Raises
    ------
    BadAnswer
        It is not a finite number.
    """
    high, low = reversed(registers) if low_word_first else registers
    value: float = struct.unpack(">f", struct.pack(">HH", high, low))[0]
    if value != value or abs(value) == float("inf"):
        raise InstrumentFault("the instrument has no value", reply=str(list(registers)))
    return value


def registers_of(value: float, *, low_word_first: bool = False) -> tuple[int, int]:
    """Write an IEEE 754 single into two registers."""
    high, low = struct.unpack(">HH", struct.pack(">f", value))
    return (low, high) if low_word_first else (high, low)

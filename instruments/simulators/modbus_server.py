"""Simulated Modbus instruments: registers behind Modbus TCP, or RTU on a pseudo-terminal.

Sources: Modbus application protocol V1.1b3, 6 (functions 3, 4, 6, 16) and 7 (exceptions); Modbus
over serial line V1.02, 2.5.1 (RTU framing, silent interval, CRC).
"""

import struct
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from instruments.simulators.byte_servers import PtyBytes, Server, TcpBytes
from instruments.simulators.faults import Fault, Faults
from instruments.simulators.station import Hangup
from instruments.simulators.world import World

__all__ = ["ModbusDevice", "ModbusRole", "ModbusStation", "RegisterRefused", "modbus_servers"]

_READ, _READ_INPUT, _WRITE_ONE, _WRITE = (3, 4, 6, 16)
_BUSY, _ILLEGAL_FUNCTION, _ILLEGAL_VALUE, _SILENT = 6, 1, 3, 11
_MOST_READ, _MOST_WRITTEN = 125, 123
_SHORTEST = 8  # [byte]
FAULTS = frozenset(
    ("no_answer", "late_answer", "garbage", "truncate", "split", "disconnect", "wrong_identity",
     "busy", "bad_crc", "power_cycle", "overload")
)  # fmt: skip


class RegisterRefused(Exception):
    """A register or value that the instrument refuses: the exception code."""

    def __init__(self, code: int = 2) -> None:
        self.code = code
        super().__init__(f"exception {code}")


class ModbusDevice(Protocol):
    """Answers by registers.

    Attributes
    ----------
    identity
        First and number of the registers that say who it is.
    """

    identity: tuple[int, int]

    def read(self, register: int, count: int) -> Sequence[int]:
        """Give `count` registers, or raise `RegisterRefused`."""
        ...

    def write(self, register: int, values: Sequence[int]) -> None:
        """Take registers, or raise `RegisterRefused`."""
        ...

    def overloaded(self, register: int, count: int) -> Sequence[int]:
        """Give what the registers hold where the sensor is broken or over its range."""
        ...

    def power_on(self) -> None:
        """Go to the state after the power came back."""
        ...


class ModbusStation:
    """One device with its faults: from request to response, both without framing."""

    def __init__(
        self,
        role: str,
        device: ModbusDevice,
        world: World,
        faults: Faults,
        log_command: Callable[[str, str], None] | None,
    ) -> None:
        self._role = role
        self._device = device
        self._world = world
        self._faults = faults
        self._log_command = log_command

    def take(self, pdu: bytes, frame: Callable[[bytes], bytes], send: Callable[[bytes], None],
             *, spoil_crc: bool) -> None:  # fmt: skip
        """Carry out a request and send its framed response, or what a fault makes of it.

        Raises
        ------
        Hangup
            A fault pulls the plug.
        """
        line = _named(pdu)
        if self._log_command:
            self._log_command(self._role, line)
        fault = self._faults.due(self._role, line)
        if fault and fault.kind == "disconnect":
            raise Hangup(fault.seconds)
        with self._world.lock:
            self._world.advance()
            if fault and fault.kind == "power_cycle":
                self._device.power_on()
                raise Hangup(fault.seconds)
            try:
                reply = self._answer(pdu, fault)
            except RegisterRefused as refusal:
                reply = bytes([pdu[0] | 0x80, refusal.code])
        data = frame(reply)
        if fault is None:
            send(data)
        else:
            _spoil(fault, data, send, spoil_crc)

    def _answer(self, pdu: bytes, fault: Fault | None) -> bytes:
        function = pdu[0]
        if fault and fault.kind == "busy":
            raise RegisterRefused(_BUSY)
        if function in (_READ, _READ_INPUT) and len(pdu) == 5:
            register, count = struct.unpack(">HH", pdu[1:])
            values = self._values(register, count, fault)
            return struct.pack(f">BB{count}H", function, 2 * count, *values)
        if function == _WRITE_ONE and len(pdu) == 5:
            register, value = struct.unpack(">HH", pdu[1:])
            self._device.write(register, [value])
            return pdu
        if function == _WRITE and len(pdu) >= 6:
            register, count, size = struct.unpack(">HHB", pdu[1:6])
            if size != 2 * count or len(pdu) != 6 + size or not 1 <= count <= _MOST_WRITTEN:
                raise RegisterRefused(_ILLEGAL_VALUE)
            self._device.write(register, struct.unpack(f">{count}H", pdu[6:]))
            return pdu[:5]
        raise RegisterRefused(_ILLEGAL_FUNCTION)

    def _values(self, register: int, count: int, fault: Fault | None) -> Sequence[int]:
        if not 1 <= count <= _MOST_READ:
            raise RegisterRefused(_ILLEGAL_VALUE)
        if fault and fault.kind == "overload":
            return self._device.overloaded(register, count)
        if fault and fault.kind == "wrong_identity" and register == self._device.identity[0]:
            return [0xDEAD] * count
        return self._device.read(register, count)


def _named(pdu: bytes) -> str:
    verb = "read" if pdu[0] in (_READ, _READ_INPUT) else "write"
    register = struct.unpack(">H", pdu[1:3])[0] if len(pdu) >= 3 else "?"
    return f"{verb} {register}"


def _spoil(fault: Fault, data: bytes, send: Callable[[bytes], None], spoil_crc: bool) -> None:
    half = max(1, len(data) // 2)
    match fault.kind:
        case "no_answer":
            return
        case "late_answer":
            time.sleep(fault.seconds)
        case "garbage":
            data = b"\xfe\xed\xfa\xce\xff"
        case "truncate":
            data = data[:half]
        case "split":
            send(data[:half])
            # Inside the silence that ends an RTU frame for the receiver's own timer.
            time.sleep(min(fault.seconds, 0.02))
            data = data[half:]
        case "bad_crc" if spoil_crc:
            data = data[:-1] + bytes([data[-1] ^ 0xFF])
        case "bad_crc":
            return
    send(data)


def _crc(data: bytes) -> bytes:
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0xA001 if register & 1 else 0)
    return struct.pack("<H", register)


class _TcpFraming:
    """Modbus TCP: seven bytes of header before each request.

    An instrument alone at its port answers whichever unit is called; behind a gateway there are
    several.
    """

    def __init__(self, stations: Mapping[int, ModbusStation]) -> None:
        self._stations = stations

    def consume(self, pending: bytearray, send: Callable[[bytes], None]) -> None:
        while len(pending) >= _SHORTEST:
            transaction, _, length, unit = struct.unpack(">HHHB", pending[:7])
            if len(pending) < 6 + length:
                return
            pdu = bytes(pending[7 : 6 + length])
            del pending[: 6 + length]

            def framed(reply: bytes, transaction: int = transaction, unit: int = unit) -> bytes:
                return struct.pack(">HHHB", transaction, 0, len(reply) + 1, unit) + reply

            station = self._called(unit)
            if station is None:
                send(framed(bytes([pdu[0] | 0x80, _SILENT])))
            else:
                station.take(pdu, framed, send, spoil_crc=False)

    def _called(self, unit: int) -> ModbusStation | None:
        if len(self._stations) == 1:
            return next(iter(self._stations.values()))
        return self._stations.get(unit)


class _RtuFraming:
    """Modbus RTU: unit, request, CRC; a request for a unit that is not there is not answered."""

    def __init__(self, stations: Mapping[int, ModbusStation]) -> None:
        self._stations = stations

    def consume(self, pending: bytearray, send: Callable[[bytes], None]) -> None:
        while len(pending) >= _SHORTEST:
            length = _SHORTEST if pending[1] != _WRITE else 9 + pending[6]
            if len(pending) < length:
                return
            frame = bytes(pending[:length])
            if _crc(frame[:-2]) != frame[-2:]:
                # Out of step: whatever waits is dropped, as a slave does after a silent interval.
                pending.clear()
                return
            del pending[:length]
            unit = frame[0]
            if unit in self._stations:
                self._stations[unit].take(
                    frame[1:-2],
                    lambda reply, unit=unit: _sealed(bytes([unit]) + reply),  # type: ignore[misc]
                    send,
                    spoil_crc=True,
                )


def _sealed(data: bytes) -> bytes:
    return data + _crc(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModbusRole:
    """One instrument and where it is to be served.

    Attributes
    ----------
    over
        "modbus-tcp" or "modbus-rtu".
    line
        Name of the port or gateway that it shares with others.
    """

    station: ModbusStation
    over: str
    line: str
    unit: int


class _Unit:
    """The address of one unit on a server; the first of them ends it."""

    def __init__(self, address: str, close: Callable[[], None]) -> None:
        self.address = address
        self.close = close


def modbus_servers(roles: Mapping[str, ModbusRole]) -> dict[str, Server]:
    """Serve every role, those with the same line at one port.

    Raises
    ------
    ValueError
        Two roles of a line have the same unit, or the line is to be of two kinds.
    """
    lines: dict[str, dict[str, ModbusRole]] = {}
    for name, role in roles.items():
        lines.setdefault(role.line, {})[name] = role
    servers: dict[str, Server] = {}
    for line, sharing in lines.items():
        units = {role.unit: role.station for role in sharing.values()}
        kinds = {role.over for role in sharing.values()}
        if len(units) < len(sharing) or len(kinds) > 1:
            raise ValueError(
                f"line {line!r} is refused; accepted: a unit for each role, one `over` for all"
            )
        servers |= _served(kinds.pop(), units, sharing)
    return servers


def _served(
    over: str, units: Mapping[int, ModbusStation], sharing: Mapping[str, ModbusRole]
) -> dict[str, Server]:
    server: TcpBytes | PtyBytes
    if over == "modbus-rtu":
        server = PtyBytes(_RtuFraming(units).consume)
        # A pseudo-terminal carries any speed; a client waits between frames as long as it names.
        pattern = f"modbus-rtu://{server.address}?baud=115200&unit="
    else:
        server = TcpBytes(lambda: _TcpFraming(units).consume)
        pattern = f"modbus-tcp://{server.address}/"
    closing = [server.close]

    def close() -> None:
        while closing:
            closing.pop()()

    return {name: _Unit(f"{pattern}{role.unit}", close) for name, role in sharing.items()}

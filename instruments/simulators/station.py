"""A simulated device in its world, with the faults that lie in wait; knows no transport."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from instruments.simulators.faults import Fault, Faults
from instruments.simulators.scpi_device import ScpiDevice
from instruments.simulators.world import World

__all__ = ["Awaited", "Device", "Hangup", "Station", "applicable"]

Send = Callable[[bytes], None]
_LOOK_EVERY = 0.05  # [s] of the bench's clock
_NUMBER = re.compile(r"[+-]?\d+\.\d+(?:[eE][+-]?\d+)?")
_ANY_LINE = ("no_answer", "late_answer", "garbage", "truncate", "split", "disconnect",
             "wrong_identity", "drift", "power_cycle")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Awaited:
    """An answer that takes its time: a balance that settles, a machine that moves.

    Attributes
    ----------
    look
        Gives the reply once it is there, None before; it has to come at some instant.
    """

    look: Callable[[], str | None]


class Device(Protocol):
    """Answers lines. What it shows of busy, locked, overload and a stranger is its maker's own.

    Attributes
    ----------
    end
        Line end.
    """

    end: str

    def handle(self, line: str) -> str | bytes | Awaited | None:
        """Carry out one line; gives the reply without its end, None for none."""
        ...

    def power_on(self) -> None:
        """Go to the state after the power came back."""
        ...


class Hangup(Exception):
    """The plug was pulled: for how many seconds [s]."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"for {seconds:g} s")


def applicable(device: Device) -> frozenset[str]:
    """List the faults that a device can show."""
    kinds = set(_ANY_LINE)
    if isinstance(device, ScpiDevice):
        kinds |= {"error_queue", "busy", "locked", "overload"}
    kinds |= {kind for kind in ("busy", "locked", "overload") if getattr(device, kind, None)}
    if not getattr(device, "overload", "yes"):
        kinds.discard("overload")
    if getattr(device, "checksum", False):
        kinds.add("bad_crc")
        # A reading that drifts inside a sealed line would show as a broken seal.
        kinds.discard("drift")
    return frozenset(kinds)


class Station:
    """One device with its faults."""

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
        self.end = device.end

    def take(self, line: str, send: Send) -> None:
        """Carry out a line and send its reply, or what a fault makes of it.

        Raises
        ------
        Hangup
            A fault pulls the plug.
        """
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
            answer = self._answered(line, fault)
        reply = self._await(answer) if isinstance(answer, Awaited) else answer
        if reply is None:
            return
        data = reply if isinstance(reply, bytes) else reply.encode("ascii", "replace")
        if fault is None:
            send(data + self.end.encode())
            return
        self._spoil(fault, data, send)

    def _await(self, answer: Awaited) -> str:
        """Wait by the bench's clock, so that a virtual one moves; the world is free meanwhile."""
        while True:
            self._world.clock.sleep(_LOOK_EVERY)
            with self._world.lock:
                self._world.advance()
                if (reply := answer.look()) is not None:
                    return reply

    def _answered(self, line: str, fault: Fault | None) -> str | bytes | Awaited | None:
        device = self._device
        refused = fault.kind if fault and fault.kind in ("busy", "locked") else ""
        if isinstance(device, ScpiDevice):
            if fault and fault.kind == "error_queue":
                device.complain(-350, "Queue overflow")
            return device.handle(line, getattr(device, refused) if refused else None)
        return getattr(device, refused) if refused else device.handle(line)

    def _spoil(self, fault: Fault, data: bytes, send: Send) -> None:
        end = self.end.encode()
        half = max(1, len(data) // 2)
        match fault.kind:
            case "no_answer":
                return
            case "late_answer":
                time.sleep(fault.seconds)
            case "garbage":
                data = b"\xfe\xed#?"
            case "truncate":
                return send(data[:half])
            case "split":
                send(data[:half])
                time.sleep(fault.seconds)
                return send(data[half:] + end)
            case "wrong_identity":
                data = getattr(self._device, "stranger", "Somebody,Else,0000,0").encode()
            case "overload":
                data = str(getattr(self._device, "overload", "")).encode()
            case "drift":
                data = _drifted(data, fault.size)
            case "bad_crc":
                data = data[:-1] + (b"0" if data[-1:] != b"0" else b"1")
        send(data + end)


def _drifted(data: bytes, size: float) -> bytes:
    def drift(match: re.Match[str]) -> str:
        whole, _, exponent = match[0].partition("E")
        digits = len(whole.partition(".")[2])
        moved = float(match[0]) * (1 + size)
        return f"{moved:+.{digits}E}" if exponent else f"{moved:.{digits}f}"

    return _NUMBER.sub(drift, data.decode("latin-1")).encode("latin-1")

"""Simulated load frame controller; the protocol is in docs/reference/loadframe-protocol.md."""

from collections.abc import Mapping
from functools import reduce
from operator import xor
from typing import Any

from instruments.simulators.log import EventLog
from instruments.simulators.world import TensileWorld, World

__all__ = ["make"]


class _Refused(Exception):
    pass


class _Controller:
    end = "\n"

    def __init__(self, world: TensileWorld, serial: str, say: EventLog) -> None:
        self._world = world
        self._serial = serial
        self._say = say

    def handle(self, line: str) -> str:
        """Answer one line; every line, both ways, carries its checksum."""
        text, star, checksum = line.rpartition("*")
        if not star or checksum.upper() != _checksum(text):
            return _sealed("NO 1 checksum")
        try:
            return "\n".join(map(_sealed, self._answer(text)))
        except _Refused as refusal:
            return _sealed(f"NO {refusal}")

    def _answer(self, text: str) -> list[str]:
        frame = self._world.frame
        word, _, value = text.partition(" ")
        match word:
            case "ID?":
                return [f"ID TESTBED,LF-100,{self._serial},1.0"]
            case "ST?":
                state = "BROKEN" if frame.broken else "MOVING" if frame.moving else "STOPPED"
                return [f"ST {state}"]
            case "FC?":
                return [f"FC {frame.force:.1f}"]
            case "ZERO":
                if frame.moving:
                    raise _Refused("3 the crosshead moves")
                frame.zero()
                return ["OK"]
            case "RATE":
                frame.rate = _number(value, 1.0, 2000.0)
                return ["OK"]
            case "UP":
                return self._up(_number(value, 0.0001, 20.0))
            case "STOP":
                return self._stop()
            case "RB?":
                return self._buffer(int(_number(value, 1, 10_000)))
        raise _Refused(f"2 unknown command {word[:20]}")

    def _up(self, speed: float) -> list[str]:
        frame = self._world.frame
        if frame.broken:
            raise _Refused("4 the piece is broken; mount another")
        frame.start(self._world.clock.now(), speed)
        self._say("output", on=True)
        return ["OK"]

    def _stop(self) -> list[str]:
        frame = self._world.frame
        was_moving = frame.moving
        frame.stop(self._world.clock.now())
        if was_moving:
            self._say("output", on=False)
        return ["OK"]

    def _buffer(self, most: int) -> list[str]:
        frame = self._world.frame
        rows = frame.hand_over(most)
        if rows:
            self._say("delivered", samples=frame.delivered, last=rows[-1][0])
        lines = [f"{t:.5f};{f:.1f};{e:.4f};{c:.4f}" for t, f, e, c in rows]
        return [f"RB {len(rows)}", *lines]


def _number(text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        raise _Refused(f"5 not a number {text[:20]}") from None
    if not low <= value <= high:
        raise _Refused(f"6 outside {low:g} to {high:g}")
    return value


def _checksum(text: str) -> str:
    return f"{reduce(xor, text.encode(), 0):02X}"


def _sealed(text: str) -> str:
    return f"{text}*{_checksum(text)}"


def make(world: World, serial: str, say: EventLog, options: Mapping[str, Any]) -> _Controller:
    """Put a controller on the bench; a machine at rest has a fresh piece after each break."""
    if not isinstance(world, TensileWorld):
        raise ValueError("tb_loadframe has no place in this world")
    return _Controller(world, serial, say)

"""Simulated load frame controller; the protocol is in docs/reference/loadframe-protocol.md."""

from instruments.simulators.sealing import Refused, plain_number, seal, unseal
from instruments.simulators.site import Site

__all__ = ["make"]


class _Controller:
    end = "\n"
    over = "serial"
    checksum = True
    busy = seal("NO 7 busy")
    locked = seal("NO 8 panel in use")
    stranger = seal("ID TESTBED,XX-1,0,0")

    def __init__(self, site: Site) -> None:
        self._world = site.world
        self._serial = site.serial
        self._say = site.say
        site.world.watch(site.role, lambda: site.world.frame.moving)

    def power_on(self) -> None:
        """Come back with the crosshead standing."""
        self._stop()

    def handle(self, line: str) -> str:
        """Answer one line; every line, both ways, carries its checksum."""
        try:
            return "\n".join(map(seal, self._answer(unseal(line))))
        except Refused as refusal:
            return seal(f"NO {refusal}")

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
                    raise Refused("3 the crosshead moves")
                frame.zero()
                return ["OK"]
            case "RATE":
                if frame.moving:
                    raise Refused("3 the crosshead moves")
                frame.rate = plain_number(value, 1.0, 2000.0)
                return ["OK"]
            case "UP":
                return self._up(plain_number(value, 0.0001, 20.0))
            case "STOP":
                return self._stop()
            case "RB?":
                return self._buffer(int(plain_number(value, 1, 10_000)))
        raise Refused(f"2 unknown command {word[:20]}")

    def _up(self, speed: float) -> list[str]:
        frame = self._world.frame
        if frame.broken:
            raise Refused("4 the piece is broken; mount another")
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


def make(site: Site) -> _Controller:
    """Put a controller on the bench; a machine at rest has a fresh piece after each break."""
    return _Controller(site)

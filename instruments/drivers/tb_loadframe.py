"""Universal testing machine that speaks the Testbed load-frame protocol over a serial line.

Source: docs/reference/loadframe-protocol.md. ASCII lines ended by LF; every line, both ways, ends
in ``*HH``, the exclusive-or of the bytes before it, as in NMEA 0183.
"""

from collections.abc import Mapping

from instruments import scpi, sealed_line
from instruments.accuracy import Accuracy, Span
from instruments.errors import BadAnswer
from instruments.model import Model
from instruments.ranges import Range
from instruments.readings import FrameSample, Reading
from instruments.roles import LoadFrame
from instruments.sealed_instrument import SealedInstrument

__all__ = ["TbLoadFrame"]

_BLOCK = 500  # samples fetched in one exchange
_STATES = ("STOPPED", "MOVING", "BROKEN")


class TbLoadFrame(SealedInstrument):
    """A load frame whose own clock takes the samples."""

    about = Model(
        maker="TESTBED",
        name="LF-100",
        also=("LF-10", "LF-50", "LF-300"),
        manual="docs/reference/loadframe-protocol.md",
        plays=(LoadFrame,),
        ranges=(Range("speed", 0.0001, 20.0, "mm/s"), Range("rate", 1.0, 2000.0, "Hz")),
        accuracy={
            "force": Accuracy(
                unit="N",
                page="class 1 of ISO 7500-1:2018, table 2: relative indication error",
                spans={365: (Span(top=100e3, reading=1.0),)},
            )
        },
        line="text",
        baud=115200,
    )

    def zero(self) -> None:
        """Zero force, extension and travel."""
        self.ask("ZERO", "OK", doing="zero the frame")

    def start(self, speed: float, *, rate: float) -> None:
        """Start the crosshead upwards at `speed` [mm/s], sampling at `rate` [Hz]."""
        self.accepted("speed", speed)
        self.accepted("rate", rate)
        self.ask(f"RATE {rate:g}", "OK", doing=f"sample at {rate:g} Hz")
        self.ask(f"UP {speed:g}", "OK", doing=f"pull at {speed:g} mm/s")

    def stop(self) -> None:
        """Stop the crosshead and read back that it stands."""
        self.ask("STOP", "OK", doing="stop the crosshead")
        if self.is_moving():
            raise self.fault("the crosshead still moves", doing="stop the crosshead")

    def _state(self) -> str:
        state = self.ask("ST?", "ST", doing="read the state")
        if state not in _STATES:
            raise self.nonsense("unknown state", doing="read the state", reply=state)
        return state

    def is_moving(self) -> bool:
        """Tell whether the crosshead moves."""
        return self._state() == "MOVING"

    def broken(self) -> bool:
        """Tell whether the break detector has tripped."""
        return self._state() == "BROKEN"

    def samples(self) -> tuple[FrameSample, ...]:
        """Fetch the samples since the last call, at most 500; may be empty."""
        with self._link.exchange("fetch samples") as line:
            count = _whole(sealed_line.answer(line, f"RB? {_BLOCK}", "RB"))
            return tuple(_sample(sealed_line.opened(line.receive())) for _ in range(count))

    def force(self) -> Reading:
        """Measure the present force [N], positive in tension."""
        reply = self.ask("FC?", "FC", doing="measure the force")
        return self.reading(scpi.number(reply), "force")

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back the state."""
        return {"state": self._state()}

    def make_safe(self) -> None:
        """Stop the crosshead and read that back."""
        self.stop()


def _whole(text: str) -> int:
    if not text.isdigit() or not int(text) <= _BLOCK:
        raise BadAnswer(f"a count up to {_BLOCK} was expected", reply=text)
    return int(text)


def _sample(text: str) -> FrameSample:
    fields = text.split(";")
    if len(fields) != 4:
        raise BadAnswer("time;force;extension;travel was expected", reply=text)
    time, force, extension, travel = (scpi.number(field) for field in fields)
    return FrameSample(time=time, force=force, extension=extension, travel=travel)

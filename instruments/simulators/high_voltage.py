"""High voltage on the insulation of a bench: ramp, test time, limits, cut-off and interlock."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from instruments.simulators.insulation import Insulation

__all__ = ["HighVoltage", "Program"]

_LOOKS = 500  # at the current while the voltage rises


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What one test applies, and what it has to find.

    Attributes
    ----------
    volts
        Test voltage, rms where it alternates [V].
    frequency
        Of the voltage [Hz]; 0 for direct.
    ramp, seconds
        Time to rise to the test voltage, and time for which it then stands [s].
    most, least
        Leakage above which the voltage is cut off at once, and below which the test fails [A].
    least_resistance, most_resistance
        Between which the insulation has to lie at the end [ohm].
    """

    volts: float
    frequency: float = 0.0
    ramp: float = 0.1
    seconds: float = 1.0
    most: float = inf
    least: float = 0.0
    least_resistance: float = 0.0
    most_resistance: float = inf


class HighVoltage:
    """The output of a withstand tester.

    Parameters
    ----------
    insulation
        Gives what is connected at present.
    interlock_closed
        Tells whether the cage is shut.

    Attributes
    ----------
    verdict
        "PASS", "FAIL", or "STOP" where the last test was broken off; "" where there was none.
    volts, amperes
        At the terminals now, or as they were when the last test ended [V], [A].
    elapsed
        Since the voltage was switched on, or how long that test took [s].
    """

    def __init__(
        self, insulation: Callable[[], Insulation], interlock_closed: Callable[[], bool]
    ) -> None:
        self._insulation = insulation
        self._interlock_closed = interlock_closed
        self.program = Program(volts=0.0)
        self.switched: Callable[[bool], None] = lambda _: None
        self.on = False
        self._at = 0.0
        self.clear()

    def clear(self) -> None:
        """Forget the last test; the voltage goes off."""
        self._cut("")
        self.volts = self.amperes = self.elapsed = 0.0

    @property
    def ramping(self) -> bool:
        """Whether the voltage was still rising."""
        return self.elapsed < self.program.ramp - 1e-9

    @property
    def applied(self) -> float:
        """What stands at the terminals at this moment [V]."""
        return self.volts if self.on else 0.0

    def start(self, now: float, program: Program) -> bool:
        """Switch the voltage on at an instant [s]; gives whether it came on."""
        self.advance(now)
        if self.on or not self._interlock_closed():
            return False
        self.clear()
        self.program, self._at, self.on = program, now, True
        self.switched(True)
        return True

    def stop(self, now: float) -> None:
        """Break the test off."""
        self.advance(now)
        self._cut("STOP")

    def advance(self, now: float) -> None:
        """Let time pass up to an instant [s]; the voltage goes off at the moment it has to."""
        left, self._at = max(now - self._at, 0.0), max(now, self._at)
        while self.on and left > 1e-9:
            left -= self._step(left)
        if self.on and not self._interlock_closed():
            self._cut("STOP")
        elif not self.on and left > 0:
            # The tester discharges what it has charged.
            self._insulation().pass_time(0.0, left)

    def _step(self, left: float) -> float:
        program, slope = self.program, 0.0
        if self.ramping:
            length = min(program.ramp / _LOOKS, program.ramp - self.elapsed, left)
            slope = program.volts / program.ramp
            volts = slope * (self.elapsed + length)
        else:
            length = min(program.ramp + program.seconds - self.elapsed, left)
            volts = program.volts
        self.elapsed += length
        if self._holds(volts, length, slope) and (
            self.elapsed >= program.ramp + program.seconds - 1e-9
        ):
            self._cut("PASS" if self._within() else "FAIL")
        return length

    def _holds(self, volts: float, seconds: float, slope: float) -> bool:
        piece, frequency = self._insulation(), self.program.frequency
        whole = piece.withstands(volts, frequency)
        charging = 0.0 if frequency > 0 else piece.model.capacitance * slope
        # The largest current is that at the beginning: absorption fades.
        largest = abs(piece.current(volts, frequency)) + charging
        piece.pass_time(volts, seconds, frequency)
        self.volts = volts
        if not whole or largest > self.program.most:
            self.amperes = largest
            self._cut("FAIL")
            return False
        self.amperes = abs(piece.current(volts, frequency)) + charging
        return True

    def _within(self) -> bool:
        program = self.program
        resistance = self.volts / self.amperes if self.amperes > 0 else inf
        return (
            self.amperes >= program.least
            and program.least_resistance <= resistance <= program.most_resistance
        )

    def _cut(self, verdict: str) -> None:
        if self.on or not verdict:
            self.verdict = verdict
        was_on, self.on = self.on, False
        if was_on:
            self.switched(False)

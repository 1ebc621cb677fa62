"""Vibration controller that speaks the Testbed protocol over a serial line.

Source: docs/reference/vibration-protocol.md; random vibration by break points, clipped at three
times its effective value, after IEC 60068-2-64:2008.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from instruments import scpi
from instruments.accuracy import NOMINAL, Accuracy, Conditions, Span
from instruments.errors import InstrumentError, SettingRefused
from instruments.link import Link
from instruments.model import Model
from instruments.ranges import Range
from instruments.readings import Reading
from instruments.roles import VibrationController
from instruments.sealed_instrument import SealedInstrument
from instruments.settings import Settings
from instruments.spectrum import effective

__all__ = ["TbVibration"]

_PAGE = "docs/reference/vibration-protocol.md, levels"
_CLIPPED = 3.0  # effective values
_MOST_POINTS = 20
_MOVING = ("RAMPING", "STOPPING")
_DRIVEN = (*_MOVING, "RUNNING")
_RAMP = 10.0  # [s], with room
_RANGES = (
    Range("frequency", 5.0, 3000.0, "Hz"),
    Range("bandwidth", 5.0, 2000.0, "Hz"),
    Range("density", 1e-6, 1e4, "(m/s2)2/Hz"),
    Range("acceleration", 0.1, 980.0, "m/s2"),
    Range("velocity", 0.0, 1.8, "m/s"),
    Range("displacement", 0.0, 25.0, "mm"),
    Range("force", 0.0, 10_000.0, "N"),
    Range("deviation", 1.0, 10.0, "dB"),
    Range("response", 1.0, 5000.0, "m/s2"),
)


class TbVibration(SealedInstrument):
    """A shaker in closed loop, watched by abort limits that every start sets anew.

    What the table cannot do is refused before anything is set: acceleration, velocity,
    displacement and force follow from the demand, and are held against the model, the bench and
    what the controller tells of its table.

    Parameters
    ----------
    deviation
        How far the control level may fall below the demand [dB].
    response_limit
        Acceleration of the specimen that ends the drive [m/s2].
    """

    about = Model(
        maker="TESTBED",
        name="VC-2",
        manual="docs/reference/vibration-protocol.md",
        plays=(VibrationController,),
        ranges=_RANGES,
        accuracy={
            "acceleration": Accuracy(
                unit="m/s2",
                page=_PAGE,
                spans={
                    365: (
                        Span(top=5000.0, reading=3.0, floor=0.05, high=2000.0),
                        Span(top=5000.0, reading=5.0, floor=0.05, low=2000.0),
                    )
                },
            ),
            "phase": Accuracy(
                unit="deg",
                page=_PAGE,
                spans={365: (Span(top=180.0, reading=0.0, floor=3.0),)},
            ),
        },
        line="text",
        baud=115200,
    )
    # A table that stands has no phase.
    unasked = ("phase",)

    def __init__(
        self,
        link: Link,
        ranges: Mapping[str, Range],
        conditions: Conditions = NOMINAL,
        serial: str = "",
        deviation: float = 3.0,
        response_limit: float = 1000.0,
    ) -> None:
        super().__init__(link, ranges, conditions, serial)
        self._limits = (
            self.accepted("deviation", deviation),
            self.accepted("response", response_limit),
        )
        self._driving = False

    @classmethod
    def ranges_of(cls, deviation: float = 3.0, response_limit: float = 1000.0) -> tuple[Range, ...]:
        """Give what the controller accepts."""
        return _RANGES

    def start_sine(self, hertz: float, *, acceleration: float) -> None:
        """Vibrate at one frequency [Hz] and control level [m/s2, peak]; back at full level."""
        frequency = self.accepted("frequency", hertz)
        peak = self.accepted("acceleration", acceleration)
        omega = 2 * math.pi * frequency
        self._bear(peak, velocity=peak / omega, displacement=2e3 * peak / omega**2)
        self._start(
            f"SN {frequency:.6g} {peak:.6g}",
            "SN",
            (frequency, peak),
            doing=f"vibrate at {frequency:g} Hz with {peak:g} m/s2",
        )

    def start_random(self, breakpoints: Sequence[tuple[float, float]]) -> None:
        """Vibrate by a spectrum: frequencies [Hz] to densities [(m/s2)2/Hz]; back at full level."""
        points = self._spectrum(breakpoints)
        rms = effective(points)
        self._bear(
            _CLIPPED * rms,
            velocity=_CLIPPED * effective(points, integrated=1),
            displacement=2e3 * _CLIPPED * effective(points, integrated=2),
        )
        profile = ";".join(f"{frequency:.6g},{density:.6g}" for frequency, density in points)
        self._start(
            f"RN {profile}",
            "RN",
            (float(len(points)), rms),
            doing=f"vibrate randomly with {rms:.3g} m/s2",
        )

    def _spectrum(self, breakpoints: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        points = [
            (self.accepted("bandwidth", frequency), self.accepted("density", density))
            for frequency, density in breakpoints
        ]
        rising = all(first[0] < second[0] for first, second in pairwise(points))
        if not 2 <= len(points) <= _MOST_POINTS or not rising:
            raise SettingRefused(
                "breakpoints", len(points), f"2 to {_MOST_POINTS}, frequencies ascending"
            )
        return points

    def _bear(self, acceleration: float, *, velocity: float, displacement: float) -> None:
        """Hold a demand against model, bench and table.

        Parameters
        ----------
        acceleration, velocity
            Peak [m/s2] and [m/s].
        displacement
            Peak to peak [mm].
        """
        doing = "read the limits of the table"
        told = list(map(scpi.number, self.fields("TB?", "TB", 5, doing=doing)))
        demand = {
            "force": told[4] * acceleration,
            "displacement": displacement,
            "velocity": velocity,
            "acceleration": acceleration,
        }
        for (quantity, value), most in zip(demand.items(), told[:4], strict=True):
            self.accepted(quantity, value)
            Range(quantity, 0.0, most, self._ranges[quantity].unit).check(value)

    def _start(self, profile: str, head: str, expected: tuple[float, float], *, doing: str) -> None:
        deviation, response = self._limits
        self._confirm(f"LM {deviation:g} {response:g}", "LM", self._limits, doing=doing)
        self._confirm(profile, head, expected, doing=doing)
        # From here on it may move, whatever becomes of the answer.
        self._driving = True
        self.ask("GO", "OK", doing=doing)
        state = self.await_rest(_MOVING, within=_RAMP, doing=doing)
        if state != "RUNNING":
            raise self.fault(f"the table does not run: {state}", doing=doing, command="GO")

    def _confirm(
        self, question: str, head: str, expected: tuple[float, float], *, doing: str
    ) -> None:
        """Set, and compare what was understood; areas may be summed up in another way."""
        found = self.fields(question, head, 2, doing=doing)
        pairs = zip(map(scpi.number, found), expected, strict=True)
        if not all(math.isclose(value, wanted, rel_tol=5e-3) for value, wanted in pairs):
            raise self.fault(
                "the controller understood something else",
                doing=doing,
                command=question,
                reply=";".join(found),
            )

    def stop(self) -> None:
        """Run the drive down and read back that the table stands."""
        doing = "run the table down"
        self.ask("STOP", "OK", doing=doing)
        self.await_rest(_MOVING, within=_RAMP, doing=doing)
        self._stands(doing)

    def emergency_stop(self) -> None:
        """Take the drive off at once and read back that the table stands."""
        doing = "stop the table at once"
        self.ask("ES", "OK", doing=doing)
        self._stands(doing)

    def _stands(self, doing: str) -> None:
        if self.is_running():
            raise self.fault("the table is still driven", doing=doing)
        self._driving = False

    def _state(self) -> str:
        state = self.ask("ST?", "ST", doing="read the state")
        if state.partition(" ")[0] not in (*_DRIVEN, "STANDING", "ABORTED"):
            raise self.nonsense("unknown state", doing="read the state", reply=state)
        return state

    def is_running(self) -> bool:
        """Tell whether the shaker is driven."""
        return self._state() in _DRIVEN

    def _levels(self, doing: str) -> tuple[str, tuple[float, ...]]:
        """Give the kind of vibration; frequency [Hz], control, response [m/s2], phase [deg].

        Raises
        ------
        InstrumentFault
            The drive ended by itself: a level of nothing is no reading of a test.
        """
        state, kind, *values = self.fields("LV?", "LV", 6, doing=doing)
        if state.startswith("ABORTED"):
            raise self.fault(f"the controller ended the drive: {state}", doing=doing, command="LV?")
        if self._driving and state not in _DRIVEN:
            raise self.fault("the drive is lost", doing=doing, command="LV?", reply=state)
        return kind, tuple(map(scpi.number, values))

    def control(self) -> Reading:
        """Measure the level at the control accelerometer [m/s2]: peak for sine, rms for random."""
        _, (frequency, control, _, _) = self._levels("measure the control level")
        return self.reading(control, "acceleration", frequency=frequency)

    def response(self) -> Reading:
        """Measure the level at the specimen's accelerometer [m/s2]."""
        _, (frequency, _, response, _) = self._levels("measure the response level")
        return self.reading(response, "acceleration", frequency=frequency)

    def phase(self) -> Reading:
        """Measure the phase of the response against control [deg], negative where it lags."""
        doing = "measure the phase"
        kind, (_, _, _, phase) = self._levels(doing)
        if kind != "SINE":
            raise self.fault("only a sine has a phase", doing=doing, command="LV?", reply=kind)
        return self.reading(phase, "phase")

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back the state, the abort limits [dB, m/s2] and the mass that moves [kg]."""
        return Settings(
            state=self._state,
            deviation=lambda: self._one("LM?", "LM", 2, 0),
            response_limit=lambda: self._one("LM?", "LM", 2, 1),
            moving_mass=lambda: self._one("TB?", "TB", 5, 4),
        )

    def _one(self, question: str, head: str, count: int, place: int) -> float:
        return scpi.number(self.fields(question, head, count, doing="read a setting back")[place])

    def make_safe(self) -> None:
        """Run the table down; where that fails, take the drive off at once."""
        try:
            self.stop()
        except InstrumentError:
            self.emergency_stop()

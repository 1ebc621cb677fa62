"""Simulated vibration controller; the protocol is in docs/reference/vibration-protocol.md."""

from itertools import pairwise
from math import degrees

import numpy as np

from instruments.simulators.excitation import Excitation, Random, Sine
from instruments.simulators.sealing import Refused, plain_number, seal, unseal
from instruments.simulators.site import Site
from instruments.simulators.station import Awaited

__all__ = ["make"]

_UP, _DOWN = 2.0, 1.0  # [s]
_CLIPPED = 3.0  # effective values
_DEVIATION, _RESPONSE = 3.0, 1000.0  # [dB], [m/s2] after power on
_NOISE, _FLOOR = 2e-3, 1e-3  # relative and [m/s2], standard deviations


class _Controller:
    end = "\n"
    over = "serial"
    checksum = True
    busy = seal("NO 7 busy")
    locked = seal("NO 8 panel in use")
    stranger = seal("ID TESTBED,XX-1,0,0")

    def __init__(self, site: Site) -> None:
        self._site = site
        self._world = site.world
        self._random = np.random.default_rng(site.seed)
        self._on = False
        self._forget()
        site.world.watch(site.role, lambda: self._drive.driven)

    @property
    def _drive(self) -> Excitation:
        return self._world.excitation

    def _forget(self) -> None:
        self._prepared: Sine | Random | None = None
        self._deviation, self._response = _DEVIATION, _RESPONSE

    def power_on(self) -> None:
        """Come back standing, with nothing prepared."""
        self._drive.cut()
        self._forget()
        self._on = self._site.switched(False, self._on)

    def handle(self, line: str) -> str | Awaited:
        """Answer one line; every line, both ways, carries its checksum."""
        try:
            reply = self._answer(unseal(line))
        except Refused as refusal:
            reply = f"NO {refusal}"
        self._on = self._site.switched(self._drive.driven, self._on)
        return reply if isinstance(reply, Awaited) else seal(reply)

    def _answer(self, text: str) -> str | Awaited:
        word, _, value = text.partition(" ")
        match word:
            case "ID?":
                return f"ID TESTBED,VC-2,{self._site.serial},1.0"
            case "ST?":
                return f"ST {self._state()}"
            case "WT?":
                return self._wait(plain_number(value, 0.0, 0.2))
            case "TB?":
                return self._table()
            case "LM?":
                return f"LM {self._deviation:g};{self._response:g}"
            case "LV?":
                return self._levels()
            case "LM":
                return self._limit(*value.partition(" ")[::2])
            case "SN":
                return self._sine(*value.partition(" ")[::2])
            case "RN":
                return self._spectrum(value)
            case "GO":
                return self._go()
            case "STOP":
                self._drive.run_down(_DOWN)
                return "OK"
            case "ES":
                self._drive.cut("EMERGENCY")
                return "OK"
        raise Refused(f"2 unknown command {word[:20]}")

    def _state(self) -> str:
        drive = self._drive
        if drive.driven:
            return "RUNNING" if not drive.ramping else "RAMPING" if drive.rising else "STOPPING"
        return f"ABORTED {drive.cut_by}" if drive.cut_by else "STANDING"

    def _wait(self, seconds: float) -> str | Awaited:
        until = self._world.clock.now() + seconds

        def look() -> str | None:
            if self._drive.ramping and self._world.clock.now() < until:
                return None
            self._on = self._site.switched(self._drive.driven, self._on)
            return seal(f"WT {self._state()}")

        return Awaited(look) if self._drive.ramping else f"WT {self._state()}"

    def _table(self) -> str:
        model = self._world.shaker.model
        mass = model.armature_mass + model.moving_mass
        limits = (model.max_force, model.max_displacement, model.max_velocity,
                  model.max_acceleration, mass)  # fmt: skip
        return "TB " + ";".join(f"{each:g}" for each in limits)

    def _standing(self) -> None:
        if self._drive.driven:
            raise Refused("3 the table is driven")

    def _limit(self, deviation: str, response: str) -> str:
        self._standing()
        self._deviation = plain_number(deviation, 1.0, 10.0)
        self._response = plain_number(response, 1.0, 5000.0)
        return f"LM {self._deviation:g};{self._response:g}"

    def _sine(self, frequency: str, acceleration: str) -> str:
        self._standing()
        sine = Sine(
            frequency=plain_number(frequency, 5.0, 3000.0),
            acceleration=plain_number(acceleration, 0.1, 980.0),
        )
        drive = self._world.shaker.drive(sine.frequency, sine.acceleration)
        self._prepare(sine, drive.limits)
        return f"SN {sine.frequency:g};{sine.acceleration:g}"

    def _spectrum(self, text: str) -> str:
        self._standing()
        points = [point.partition(",")[::2] for point in text.split(";")]
        frequencies = [plain_number(frequency, 5.0, 2000.0) for frequency, _ in points]
        densities = [plain_number(density, 1e-6, 1e4) for _, density in points]
        rising = all(first < second for first, second in pairwise(frequencies))
        if not 2 <= len(points) <= 20 or not rising:
            raise Refused("6 2 to 20 break points, ascending")
        random = Random.of(frequencies, densities)
        self._prepare(random, self._beyond(random))
        return f"RN {len(points)};{random.rms():.6g}"

    def _beyond(self, random: Random) -> tuple[str, ...]:
        """Name the limits of the table that clipped random vibration would pass."""
        model = self._world.shaker.model
        peak = _CLIPPED * random.rms()
        demand = {
            "force": (peak * (model.armature_mass + model.moving_mass), model.max_force),
            "displacement": (2e3 * _CLIPPED * random.rms(2), model.max_displacement),
            "velocity": (_CLIPPED * random.rms(1), model.max_velocity),
            "acceleration": (peak, model.max_acceleration),
        }
        return tuple(name for name, (value, most) in demand.items() if value > most)

    def _prepare(self, profile: Sine | Random, beyond: tuple[str, ...]) -> None:
        if beyond:
            raise Refused(f"6 beyond the table: {', '.join(beyond)}")
        self._prepared = profile
        self._drive.cut()

    def _go(self) -> str:
        self._standing()
        if self._prepared is None:
            raise Refused("9 nothing prepared")
        drive = self._drive
        drive.deviation = 10 ** (-self._deviation / 20)
        drive.most_response = self._response
        drive.start(self._prepared, _UP)
        return "OK"

    def _levels(self) -> str:
        drive = self._drive
        now = drive.levels()
        kind, frequency = "NONE", 0.0
        if drive.driven:
            kind = "SINE" if isinstance(drive.profile, Sine) else "RANDOM"
            frequency = drive.profile.frequency if isinstance(drive.profile, Sine) else 0.0
        control, response = (self._measured(level) for level in (now.control, now.response))
        return (
            f"LV {self._state()};{kind};{frequency:g};{control:.4f};{response:.4f};"
            f"{degrees(now.phase):.2f}"
        )

    def _measured(self, level: float) -> float:
        scatter, floor = self._random.normal(0.0, (_NOISE, _FLOOR))
        return float(abs(level * (1.0 + scatter) + floor))


def make(site: Site) -> _Controller:
    """Put a controller on the bench."""
    return _Controller(site)

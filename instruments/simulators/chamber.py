"""A climatic chamber: air and humidity that follow set-points, a specimen that follows the air."""

from dataclasses import dataclass

import numpy as np

from instruments.simulators.accepted import above_zero, not_negative, within
from instruments.simulators.air import (
    dew_point,
    follow,
    followed_by,
    saturation,
)

__all__ = ["Chamber", "ChamberModel"]

_STEP = 10.0  # [s], while something still changes
_SETTLED = 1e-4  # [K]
# Without its machine the air goes to the room's state through walls and gaps.
_SLOWER_AT_REST = 10.0
# Compressor and fan beat at periods that share no multiple [s].
_PERIODS = (47.0, 113.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChamberModel:
    """What makes one chamber and specimen differ from another.

    Attributes
    ----------
    ambient
        Temperature of the room [degC].
    heating, cooling
        Fastest change of the air [K/min].
    air_tau, specimen_tau
        Time constants of the air after its set-point and of the specimen after the air [s].
    transmitter
        Slope of the specimen's temperature transmitter [V/degC].
    ambient_humidity
        Relative humidity of the room [%].
    wetting, drying
        Fastest change of the relative humidity [%/min].
    humidity_tau
        Time constant of the humidity after its set-point [s].
    driest, wettest
        Dew points between which humidity can be controlled [degC].
    specimen_resistance
        From a specimen that dissipates to the air [K/W].
    droop, wall_resistance
        Rise of the air over its goal by dissipated heat [K/W], while controlled and at rest.
    over_temperature
        Temperature of air or specimen at which the protector switches off [degC].
    gradient
        Greatest difference between two places, per 100 K between air and room [K].
    fluctuation
        Greatest swing of one place about its mean while running [K].
    """

    ambient: float = 23.0
    heating: float = 3.0
    cooling: float = 1.5
    air_tau: float = 90.0
    specimen_tau: float = 420.0
    transmitter: float = 0.01
    ambient_humidity: float = 45.0
    wetting: float = 4.0
    drying: float = 2.0
    humidity_tau: float = 120.0
    driest: float = 4.0
    wettest: float = 92.0
    specimen_resistance: float = 0.08
    droop: float = 0.001
    wall_resistance: float = 0.03
    over_temperature: float = 190.0
    gradient: float = 0.8
    fluctuation: float = 0.15

    def __post_init__(self) -> None:
        above_zero(self, "heating", "cooling", "air_tau", "specimen_tau", "transmitter")
        above_zero(self, "wetting", "drying", "humidity_tau")
        not_negative(self, "specimen_resistance", "droop", "wall_resistance")
        not_negative(self, "gradient", "fluctuation")
        within(self, 1.0, 100.0, "ambient_humidity")
        within(self, -80.0, 80.0, "ambient")
        if not -40 <= self.driest < self.wettest <= 99:
            raise ValueError(
                f"driest {self.driest!r} and wettest {self.wettest!r} are refused; "
                "accepted: -40 to 99, driest below wettest"
            )
        if not self.over_temperature > self.ambient:
            raise ValueError(
                f"over_temperature {self.over_temperature!r} is refused; accepted: above ambient"
            )


class Chamber:
    """The state of chamber and specimen [degC], [%RH]."""

    def __init__(self, model: ChamberModel) -> None:
        self.model = model
        self.air = model.ambient
        self.specimen = model.ambient
        self.set_point = model.ambient
        self.running = False
        self.humidity_set_point = model.ambient_humidity
        self.humidifying = False
        self.over_temperature = model.over_temperature
        self.trip = False
        self._room_vapour = model.ambient_humidity / 100 * saturation(model.ambient)
        self.vapour = self._room_vapour  # [hPa]
        self._elapsed = 0.0  # [s]

    @property
    def humidity(self) -> float:
        """Relative humidity of the air [%]."""
        return min(100.0 * self.vapour / saturation(self.air), 100.0)

    @property
    def dew_point(self) -> float:
        """Temperature at which the air's vapour condenses [degC]."""
        return dew_point(min(self.vapour, saturation(self.air)))

    def go_on(self, before: "Chamber") -> None:
        """Take over air, vapour and what is being controlled; the specimen is another one."""
        self.air, self.vapour = before.air, before.vapour
        self.running, self.set_point = before.running, before.set_point
        self.humidifying = before.humidifying
        self.humidity_set_point = before.humidity_set_point

    def clear_trip(self) -> bool:
        """Acknowledge the protector; tells whether it let go, which it does below its limit."""
        self.trip = max(self.air, self.specimen) > self.over_temperature
        return not self.trip

    def pass_time(self, seconds: float, dissipated: float = 0.0) -> None:
        """Let heat and vapour flow while the specimen dissipates a constant power [W]."""
        while seconds > 0:
            goal = self._goal(dissipated)
            rise = dissipated * self.model.specimen_resistance
            moving = max(abs(goal - self.air), abs(self.air + rise - self.specimen)) > _SETTLED
            step = min(seconds, _STEP) if moving else seconds
            self._pass_step(step, goal, rise)
            seconds -= step

    def _goal(self, dissipated: float) -> float:
        if self.trip:
            self.running = False
        if self.running:
            return self.set_point + dissipated * self.model.droop
        return self.model.ambient + dissipated * self.model.wall_resistance

    def _pass_step(self, step: float, goal: float, rise: float) -> None:
        model = self.model
        tau = model.air_tau * (1.0 if self.running else _SLOWER_AT_REST)
        pieces = follow(self.air, goal, tau, model.heating / 60, model.cooling / 60, step)
        for piece in pieces:
            lagging = followed_by(self.specimen - rise, piece, model.specimen_tau)
            self.specimen = lagging + rise
            self.air = piece.end
        self._elapsed += step
        self._pass_humidity(step)
        if max(self.air, self.specimen) > self.over_temperature:
            self.trip = True
            self.running = False

    def _pass_humidity(self, step: float) -> None:
        model = self.model
        full = saturation(self.air)
        before = min(self.vapour, full)
        if self.running and self.humidifying:
            low, high = saturation(model.driest), saturation(model.wettest)
            goal = min(max(self.humidity_set_point / 100 * full, low), high, full)
            scale, tau = full, model.humidity_tau
        else:
            goal, scale, tau = self._room_vapour, full, _SLOWER_AT_REST * model.humidity_tau
        per_second = scale / 100 / 60
        pieces = follow(
            before, goal, tau, model.wetting * per_second, model.drying * per_second, step
        )
        # What the coldest surface cannot hold as vapour is water on the wall.
        self.vapour = min(pieces[-1].end, full)

    def sensors(self, n: int, seed: int = 1) -> list[float]:
        """Tell the air's temperature at `n` places of the working space [degC].

        The first place is the centre. Places differ by a gradient that grows with the distance
        to the room's temperature, and swing each with a phase of its own while the chamber runs.
        """
        if n < 1:
            raise ValueError(f"{n!r} places are refused; accepted: 1 or more")
        random = np.random.default_rng(seed)
        place = random.uniform(-0.5, 0.5, n)
        place[0] = 0.0
        if n > 2:
            place[1], place[2] = 0.5, -0.5
        phases = random.uniform(0.0, 2 * np.pi, (len(_PERIODS), n))
        angles = 2 * np.pi * self._elapsed / np.array(_PERIODS)[:, None] + phases
        swing = np.sin(angles).mean(axis=0) * self.model.fluctuation * self.running
        spread = self.model.gradient * (self.air - self.model.ambient) / 100
        return [float(value) for value in self.air + place * spread + swing]

"""A shaker with a specimen that resonates on its table, and what a dwell does to the resonance.

Accelerations are peak values [m/s2] for sines; spectral densities are one-sided [(m/s2)2/Hz].

References
----------
C. M. Harris, Shock and Vibration Handbook: transmissibility of a single degree of freedom.
IEC 60068-2-6: sine, resonance search before and after endurance. IEC 60068-2-64: random.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import gamma, inf, pi, pow, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.simulators.accepted import above_zero, not_negative

__all__ = ["Drive", "Shaker", "ShakerModel", "between", "rms"]

Array = NDArray[np.float64]
_SMALL_DAMAGE = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class ShakerModel:
    """What makes one shaker and specimen differ from another.

    Attributes
    ----------
    max_force
        Peak force of the drive [N].
    armature_mass
        Of armature, table and fixture [kg].
    moving_mass
        Of the specimen's part that resonates [kg].
    resonance, q
        Of the specimen when fresh [Hz], and its quality factor [1].
    max_displacement
        Peak to peak [mm].
    max_velocity, max_acceleration
        Peak [m/s] and [m/s2].
    endurance, endurance_acceleration, exponent
        Cycles that use the specimen up at a response of `endurance_acceleration` [m/s2], and the
        slope of Basquin's law by which other responses count.
    softening
        Share of the resonance lost when it is used up [1].
    """

    max_force: float = 10_000.0
    armature_mass: float = 8.0
    moving_mass: float = 2.0
    resonance: float = 180.0
    q: float = 12.0
    max_displacement: float = 25.0
    max_velocity: float = 1.8
    max_acceleration: float = 980.0
    endurance: float = 2e6
    endurance_acceleration: float = 600.0
    exponent: float = 6.0
    softening: float = 0.1

    def __post_init__(self) -> None:
        above_zero(self, "max_force", "armature_mass", "resonance", "max_displacement")
        above_zero(self, "max_velocity", "max_acceleration", "endurance")
        above_zero(self, "endurance_acceleration", "exponent")
        not_negative(self, "moving_mass")
        if not self.q > 0.5:
            raise ValueError(f"q {self.q!r} is refused; accepted: above 0.5")
        if not 0 <= self.softening < 1:
            raise ValueError(f"softening {self.softening!r} is refused; accepted: 0 to below 1")


class Drive(NamedTuple):
    """What table and specimen do.

    Attributes
    ----------
    control, response
        Acceleration of the table and of the specimen [m/s2].
    phase
        Of the response against the table [rad], negative when it lags.
    force, velocity, displacement
        Of the drive [N], of the table [m/s] and [mm] peak to peak.
    limits
        Names of the limits that hold the table below the demand.
    """

    control: float
    response: float
    phase: float
    force: float
    velocity: float
    displacement: float
    limits: tuple[str, ...]


class Shaker:
    """The state of one shaker: how far its specimen is used up."""

    def __init__(self, model: ShakerModel) -> None:
        self.model = model
        self.cycles = 0.0
        self.damage = 0.0

    @property
    def resonance(self) -> float:
        """Of the specimen at present [Hz]."""
        return self._resonance(self.damage)

    def transmissibility(self, frequency: float) -> complex:
        """Give the response over the table's acceleration [1] at a frequency [Hz]."""
        return complex(self._transfer(np.asarray(frequency, float), self.damage))

    def drive(self, frequency: float, acceleration: float) -> Drive:
        """Demand a sine of the table; what a limit forbids is not reached and said."""
        if not frequency > 0 or not acceleration >= 0:
            raise ValueError(
                f"{frequency!r} Hz, {acceleration!r} m/s2 are refused; "
                "accepted: above 0 Hz, 0 m/s2 or above"
            )
        model = self.model
        omega = 2 * pi * frequency
        transfer = self.transmissibility(frequency)
        mass = abs(model.armature_mass + model.moving_mass * transfer)
        reach = {
            "force": model.max_force / mass,
            "displacement": model.max_displacement / 2e3 * omega**2,
            "velocity": model.max_velocity * omega,
            "acceleration": model.max_acceleration,
        }
        control = min(acceleration, *reach.values())
        return Drive(
            control=control,
            response=control * abs(transfer),
            phase=float(np.angle(transfer)),
            force=control * mass,
            velocity=control / omega,
            displacement=2e3 * control / omega**2,
            limits=tuple(name for name, most in reach.items() if acceleration > most),
        )

    def psd_response(self, frequencies: ArrayLike, psd: ArrayLike) -> Array:
        """Give the specimen's spectral density for one of the table, line by line."""
        lines = np.asarray(frequencies, float)
        transfer = self._transfer(lines, self.damage)
        return np.asarray(np.abs(transfer) ** 2 * np.asarray(psd, float))

    def rms(self, frequencies: ArrayLike, psd: ArrayLike) -> tuple[float, float]:
        """Give the effective acceleration of table and specimen [m/s2]."""
        return rms(frequencies, psd), rms(frequencies, self.psd_response(frequencies, psd))

    def signal(
        self, frequencies: ArrayLike, psd: ArrayLike, seconds: float, rate: float, seed: int
    ) -> tuple[Array, Array]:
        """Make a stretch of random vibration with exactly this spectral density.

        Parameters
        ----------
        frequencies, psd
            Of the table, ascending [Hz]; straight in double-logarithmic scales between, nothing
            outside.
        seconds, rate
            Length [s] and samples per second [Hz].
        seed
            Of the phases; the stretch is one period of a signal that repeats.

        Returns
        -------
        tuple
            Acceleration of table and specimen [m/s2].
        """
        count = round(seconds * rate)
        if count < 4:
            raise ValueError(f"{seconds!r} s at {rate!r} Hz are refused; accepted: 4 samples on")
        lines = np.asarray(np.fft.rfftfreq(count, 1 / rate), np.float64)
        level = between(lines, np.asarray(frequencies, float), np.asarray(psd, float))
        level[0] = 0.0
        if count % 2 == 0:
            level[-1] = 0.0  # a line at half the rate carries no phase
        random = np.random.default_rng(seed)
        phases = np.exp(2j * np.pi * random.random(len(lines)))
        spectrum = count / 2 * np.sqrt(2 * level * rate / count) * phases
        response = spectrum * self._transfer(lines, self.damage)
        return np.fft.irfft(spectrum, count), np.fft.irfft(response, count)

    def pass_time(self, frequency: float, acceleration: float, seconds: float) -> None:
        """Let the table dwell on a sine; the specimen tires and its resonance drifts down."""
        control = self.drive(frequency, acceleration).control

        def wear(damage: float) -> float:
            transfer = abs(complex(self._transfer(np.asarray(frequency, float), damage)))
            return frequency * self._life_share(control * transfer)

        self.cycles += frequency * seconds
        self._wear(wear, seconds)

    def pass_random(self, frequencies: ArrayLike, psd: ArrayLike, seconds: float) -> None:
        """Let random vibration tire it: narrow-band peaks after Rayleigh at the resonance."""
        lines, level = np.asarray(frequencies, float), np.asarray(psd, float)
        peaks = sqrt(2.0) * gamma(1 + self.model.exponent / 2) ** (1 / self.model.exponent)

        def wear(damage: float) -> float:
            response = rms(lines, np.abs(self._transfer(lines, damage)) ** 2 * level)
            return self._resonance(damage) * self._life_share(peaks * response)

        self.cycles += self.resonance * seconds
        self._wear(wear, seconds)

    def _resonance(self, damage: float) -> float:
        return self.model.resonance * (1.0 - self.model.softening * damage)

    def _transfer(self, frequencies: Array, damage: float) -> NDArray[np.complex128]:
        ratio = frequencies / self._resonance(damage)
        damping = 1j * ratio / self.model.q
        return np.asarray((1 + damping) / (1 - ratio**2 + damping))

    def _life_share(self, response: float) -> float:
        """Share of its life that one cycle of a peak response uses, after Basquin and Miner."""
        model = self.model
        stress = response / model.endurance_acceleration
        return pow(stress, model.exponent) / model.endurance

    def _wear(self, law: Callable[[float], float], seconds: float) -> None:
        """Integrate the damage by midpoints, in steps over which the resonance hardly moves."""
        while seconds > 0 and self.damage < 1:
            speed = law(self.damage)
            step = min(seconds, _SMALL_DAMAGE / speed if speed > 0 else inf)
            self.damage = min(self.damage + step * law(self.damage + step * speed / 2), 1.0)
            seconds -= step


def rms(frequencies: ArrayLike, psd: ArrayLike) -> float:
    """Give the root of the area under a one-sided spectral density, by trapezia."""
    lines, level = np.asarray(frequencies, float), np.asarray(psd, float)
    return float(np.sqrt(np.trapezoid(level, lines)))


def between(lines: Array, frequencies: Array, psd: Array) -> Array:
    """Read a profile at other lines; break points are joined straight in log-log scales."""
    if not (np.all(np.diff(frequencies) > 0) and frequencies[0] > 0 and np.all(psd > 0)):
        raise ValueError("profile is refused; accepted: frequencies ascending, all above 0")
    inside = (lines >= frequencies[0]) & (lines <= frequencies[-1])
    level = np.zeros(len(lines))
    level[inside] = np.exp(np.interp(np.log(lines[inside]), np.log(frequencies), np.log(psd)))
    return level

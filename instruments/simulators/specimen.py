"""What is mounted in the load frame: a metal by model, or a force-extension curve as measured."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from instruments.simulators.accepted import above_zero, not_negative
from instruments.simulators.crosshead import Crosshead

__all__ = [
    "Brittle",
    "BrittleModel",
    "Metal",
    "MetalModel",
    "Played",
    "Specimen",
    "ramberg_osgood",
]

Array = NDArray[np.float64]


class Specimen(Protocol):
    """A test piece under a moving crosshead."""

    def samples(self, first: int, until: float, crosshead: Crosshead, rate: float) -> Array:
        """Give the samples from number `first` on, up to `until` [s].

        Rows of time [s since the start], force [N], extension [mm] and travel [mm].
        """
        ...

    def breaks_at(self, crosshead: Crosshead, rate: float) -> float:
        """Tell when it breaks [s since the start]."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MetalModel:
    """An elastic-plastic metal after its engineering stress-strain curve.

    Attributes
    ----------
    s0
        Cross-section [mm2].
    l0, lc
        Extensometer gauge length and parallel length [mm].
    e
        Modulus of elasticity [GPa].
    rp02
        0.2 % proof strength [MPa], of metals without a yield point.
    rm
        Tensile strength [MPa].
    reh, rel, luders
        Upper and lower yield strength [MPa] and the strain [%] that the yielding lasts; 0 for a
        metal that yields continuously.
    agt, a
        Strain at maximum force and at fracture [%].
    stiffness
        Of machine and grips [N/mm].
    noise
        Standard deviation of the load cell [N].
    """

    s0: float = 78.54
    l0: float = 50.0
    lc: float = 60.0
    e: float = 205.0
    rp02: float = 350.0
    rm: float = 520.0
    reh: float = 0.0
    rel: float = 0.0
    luders: float = 1.5
    agt: float = 15.0
    a: float = 26.0
    stiffness: float = 60_000.0
    noise: float = 4.0

    def __post_init__(self) -> None:
        above_zero(self, "s0", "l0", "lc", "e", "rp02", "rm", "agt", "a", "stiffness")
        if bool(self.reh) != bool(self.rel) or (self.reh and not self.rel < self.reh < self.rm):
            raise ValueError("reh and rel are refused; accepted: both, and rel < reh < rm")
        if not self.agt < self.a:
            raise ValueError(f"a {self.a!r} is refused; accepted: above agt")


@dataclass(frozen=True, slots=True, kw_only=True)
class BrittleModel:
    """A material that is elastic until it breaks, at a strength after Weibull.

    Attributes
    ----------
    s0
        Cross-section [mm2].
    l0, lc
        Extensometer gauge length and parallel length [mm].
    e
        Modulus of elasticity [GPa].
    strength
        Stress that 63.2 % of the pieces do not survive [MPa].
    weibull
        Weibull modulus: the higher, the less the pieces differ [1].
    stiffness
        Of machine and grips [N/mm].
    noise
        Standard deviation of the load cell [N].
    """

    s0: float = 25.0
    l0: float = 25.0
    lc: float = 30.0
    e: float = 310.0
    strength: float = 260.0
    weibull: float = 12.0
    stiffness: float = 60_000.0
    noise: float = 2.0

    def __post_init__(self) -> None:
        above_zero(self, "s0", "l0", "lc", "e", "strength", "weibull", "stiffness")
        not_negative(self, "noise")


class _Pulled:
    """A test piece whose curve is tabled once, over the strain of the gauge length.

    Parameters
    ----------
    strain, stress
        Up to fracture, ascending in strain [1] and [MPa].
    """

    def __init__(
        self, model: MetalModel | BrittleModel, strain: Array, stress: Array, seed: int
    ) -> None:
        self._random = np.random.default_rng(seed)
        self._noise = model.noise
        self._force = stress * model.s0
        self._extension = strain * model.l0
        self._elongation = strain * model.lc + self._force / model.stiffness
        self._tabled: tuple[float, Array] | None = None

    def samples(self, first: int, until: float, crosshead: Crosshead, rate: float) -> Array:
        """Look the tabled curve up at the travel reached, in even steps of time."""
        last = int(min(until, self.breaks_at(crosshead, rate)) * rate)
        times = np.arange(first, last + 1) / rate
        travel = crosshead.travel(times)
        table = self._travel(crosshead.compliance)
        force = np.interp(travel, table, self._force)
        force += self._random.normal(0.0, self._noise, len(times))
        extension = np.interp(travel, table, self._extension)
        return np.column_stack([times, force, extension, travel])

    def breaks_at(self, crosshead: Crosshead, rate: float) -> float:
        """Fracture comes at the end of the table."""
        return crosshead.reaches(float(self._travel(crosshead.compliance)[-1]))

    def _travel(self, compliance: float) -> Array:
        """Table the crosshead travel, in which frame and grips give way as well."""
        if self._tabled is None or self._tabled[0] != compliance:
            travel = self._elongation + self._force * compliance
            # What springs back while the force drops tears the piece on at once.
            rising = np.maximum.accumulate(travel + np.arange(len(travel)) * 1e-12)
            self._tabled = compliance, rising
        return self._tabled[1]


class Metal(_Pulled):
    """A metal test piece."""

    def __init__(self, model: MetalModel, seed: int = 1) -> None:
        self.model = model
        super().__init__(model, *_curve(model), seed)


class Brittle(_Pulled):
    """A brittle test piece; its strength is drawn when it is made.

    Attributes
    ----------
    strength
        Stress at which this piece breaks [MPa].
    """

    def __init__(self, model: BrittleModel, seed: int = 1) -> None:
        self.model = model
        survived = 1.0 - np.random.default_rng([seed, 2]).random()
        self.strength = float(model.strength * (-np.log(survived)) ** (1.0 / model.weibull))
        stress = np.array([0.0, self.strength])
        super().__init__(model, stress / (model.e * 1000.0), stress, seed)


def ramberg_osgood(stress: Array, modulus: float, proof: float, power: float) -> Array:
    """Give the strain [1] at a stress [MPa]: elastic, and 0.2 % plastic at `proof` [MPa].

    References
    ----------
    W. Ramberg, W. R. Osgood, NACA Technical Note 902 (1943).
    """
    return np.asarray(stress / modulus + 0.002 * (stress / proof) ** power, np.float64)


def _curve(m: MetalModel) -> tuple[Array, Array]:
    """Table engineering strain [1] and stress [MPa] up to fracture."""
    modulus = m.e * 1000.0
    agt, a = m.agt / 100, m.a / 100
    if m.reh:
        elastic = np.linspace(0.0, m.reh / modulus, 200)
        drop = elastic[-1] + np.linspace(0.0, 0.0006, 30)[1:]
        flat = np.linspace(drop[-1], drop[-1] + m.luders / 100, 200)[1:]
        hard = np.linspace(flat[-1], agt, 600)[1:]
        share = (hard - flat[-1]) / (agt - flat[-1])
        strain = [elastic, drop, flat, hard]
        stress = [
            elastic * modulus,
            np.linspace(m.reh, m.rel, len(drop) + 1)[1:],
            m.rel + 0.004 * m.rel * np.sin(np.linspace(0, 40, len(flat))) ** 2,
            m.rel + (m.rm - m.rel) * (1 - (1 - share) ** 2.2),
        ]
    else:
        # Through (0.2 %, rp02) and (agt, rm).
        plastic = max(agt - m.rm / modulus, 0.003)
        power = np.log(plastic / 0.002) / np.log(m.rm / m.rp02)
        level = np.concatenate([np.linspace(0, 0.6, 200), np.linspace(0.6, 1, 900)[1:]]) * m.rm
        strain = [ramberg_osgood(level, modulus, m.rp02, power)]
        stress = [level]
    neck = np.linspace(strain[-1][-1], max(a, strain[-1][-1] + 0.001), 300)[1:]
    share = (neck - neck[0]) / (neck[-1] - neck[0])
    strain.append(neck)
    stress.append(m.rm * (1 - 0.28 * share**2))
    return np.concatenate(strain), np.concatenate(stress)


class Played:
    """A measured curve, handed out sample by sample at the instants it was measured.

    Parameters
    ----------
    time
        Instants [s], ascending; None where none were recorded: even steps at the frame's rate.
    force, extension, travel
        [N], [mm], [mm]; travel None where it was not recorded.
    """

    def __init__(
        self, *, time: Array | None, force: Array, extension: Array, travel: Array | None
    ) -> None:
        self._time = None if time is None else time - time[0]
        self._force = force
        self._extension = extension
        self._travel = extension if travel is None else travel

    def _times(self, rate: float) -> Array:
        return np.arange(len(self._force)) / rate if self._time is None else self._time

    def samples(self, first: int, until: float, crosshead: Crosshead, rate: float) -> Array:
        """Hand out the recorded rows, at the recorded instants whatever the rate."""
        times = self._times(rate)
        part = slice(first, int(np.searchsorted(times, until, side="right")))
        columns = (times, self._force, self._extension, self._travel)
        return np.column_stack([column[part] for column in columns])

    def breaks_at(self, crosshead: Crosshead, rate: float) -> float:
        """Break where the record ends."""
        return float(self._times(rate)[-1])

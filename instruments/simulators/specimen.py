"""What is mounted in the load frame: a metal by model, or a force-extension curve as measured."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Metal", "MetalModel", "Played", "Specimen"]

Array = NDArray[np.float64]


class Specimen(Protocol):
    """A test piece under a crosshead that moves at constant speed from the start on."""

    def samples(self, first: int, until: float, speed: float, rate: float) -> Array:
        """Give the samples from number `first` on, up to `until` [s].

        Rows of time [s since the start], force [N], extension [mm] and travel [mm].
        """
        ...

    def breaks_at(self, speed: float, rate: float) -> float:
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
        for name in ("s0", "l0", "lc", "e", "rp02", "rm", "agt", "a", "stiffness"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} {getattr(self, name)!r} is refused; accepted: above 0")
        if bool(self.reh) != bool(self.rel) or (self.reh and not self.rel < self.reh < self.rm):
            raise ValueError("reh and rel are refused; accepted: both, and rel < reh < rm")
        if not self.agt < self.a:
            raise ValueError(f"a {self.a!r} is refused; accepted: above agt")


class Metal:
    """A metal test piece; its curve is tabled once, over the strain of the gauge length."""

    def __init__(self, model: MetalModel, seed: int = 1) -> None:
        self.model = model
        self._random = np.random.default_rng(seed)
        self._strain, stress = _curve(model)
        self._force = stress * model.s0
        self._extension = self._strain * model.l0
        travel = self._strain * model.lc + self._force / model.stiffness
        self._travel = np.maximum.accumulate(travel + np.arange(len(travel)) * 1e-12)

    def samples(self, first: int, until: float, speed: float, rate: float) -> Array:
        """Look the tabled curve up at the travel reached, in even steps of time."""
        last = int(min(until, self.breaks_at(speed, rate)) * rate)
        times = np.arange(first, last + 1) / rate
        travel = times * speed
        force = np.interp(travel, self._travel, self._force)
        force += self._random.normal(0.0, self.model.noise, len(times))
        extension = np.interp(travel, self._travel, self._extension)
        return np.column_stack([times, force, extension, travel])

    def breaks_at(self, speed: float, rate: float) -> float:
        """Fracture comes at the end of the table."""
        return float(self._travel[-1]) / speed


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
        # Ramberg-Osgood through (0.2 %, rp02) and (agt, rm).
        plastic = max(agt - m.rm / modulus, 0.003)
        power = np.log(plastic / 0.002) / np.log(m.rm / m.rp02)
        level = np.concatenate([np.linspace(0, 0.6, 200), np.linspace(0.6, 1, 900)[1:]]) * m.rm
        strain = [level / modulus + 0.002 * (level / m.rp02) ** power]
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

    def samples(self, first: int, until: float, speed: float, rate: float) -> Array:
        """Hand out the recorded rows, at the recorded instants whatever the rate."""
        times = self._times(rate)
        part = slice(first, int(np.searchsorted(times, until, side="right")))
        columns = (times, self._force, self._extension, self._travel)
        return np.column_stack([column[part] for column in columns])

    def breaks_at(self, speed: float, rate: float) -> float:
        """Break where the record ends."""
        return float(self._times(rate)[-1])

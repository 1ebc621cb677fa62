"""Tensile curves whose truth is known in closed form, as a testing machine would record them.

Bilinear curves, Ramberg-Osgood curves (whose Rp0.2 is a parameter), and curves with an upper yield
point, a transient and a Lüders plateau; with a random toe, noise of 0.05 % of full scale on force
and extension, and the steps of a 16-bit converter.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from testbed.methods.iso_6892_1 import TensileTest
from testbed.procedure import Evaluation, complete_parameters, method_data
from testbed.validation.cases import Case

if TYPE_CHECKING:
    import xarray

__all__ = ["tensile_truth"]

Floats = NDArray[np.float64]

_CURVES, _COVERED = 2_000, 1_000
_SEED = 6892
_S0, _L0 = 40.0, 50.0  # [mm2], [mm]
_NOISE = 5e-4  # of full scale
_FULL = 1.25  # full scale over the largest value
_STEPS = 2.0**15
_OFFSET = 0.002


@dataclass(frozen=True, slots=True)
class _Curve:
    """Stress [MPa] over strain [1], with its Rp0.2 [MPa] where that is known, and its Rm [MPa]."""

    stress: Floats
    strain: Floats
    rp02: float | None
    rm: float


def tensile_truth(reference: Path) -> Iterator[Case]:
    """Hold the tensile method against curves with closed-form truth; needs no reference data."""
    del reference
    data = method_data("testbed.methods", TensileTest.id, TensileTest.version)
    plain = {name: table for name, table in data.items() if name != "uncertainty"}
    random = np.random.default_rng(_SEED)
    proofs, strengths = [], []
    for number in range(_CURVES):
        curve = _drawn(random, number)
        found = _evaluated(_recorded(random, curve), plain)
        strengths.append(_error(found, "rm", curve.rm))
        if curve.rp02 is not None:
            proofs.append(_error(found, "rp02", curve.rp02))
    yield _within("Rp0.2", proofs, 0.3)
    yield _within("Rm", strengths, 0.05)
    inside: dict[str, list[bool]] = {"rp02": [], "rm": []}
    for number in range(_COVERED):
        curve = _drawn(random, number)
        found = _evaluated(_deviating(random, curve, data["uncertainty"]), data)
        for name, truth in (("rp02", curve.rp02), ("rm", curve.rm)):
            value = found.values[name].value
            if truth is not None and value is not None:
                inside[name].append(abs(value - truth) <= found.budgets[name].expanded)
    yield _covered("Rp0.2", inside["rp02"])
    yield _covered("Rm", inside["rm"])


def _drawn(random: np.random.Generator, number: int) -> _Curve:
    modulus = random.uniform(60e3, 210e3)
    kind = (_bilinear, _ramberg_osgood, _lueders)[number % 3]
    return kind(random, modulus)


def _bilinear(random: np.random.Generator, modulus: float) -> _Curve:
    limit = modulus * random.uniform(0.001, 0.004)
    tangent = modulus * random.uniform(0.001, 0.02)
    bend = limit / modulus
    rows = random.integers(1500, 6000)
    end = random.uniform(0.05, 0.15)
    strain = np.concatenate((np.linspace(0.0, bend, 300), np.linspace(bend, end, rows)[1:]))
    stress = np.where(strain <= bend, modulus * strain, limit + tangent * (strain - bend))
    meets = (limit - tangent * bend + modulus * _OFFSET) / (modulus - tangent)
    return _Curve(stress, strain, modulus * (meets - _OFFSET), float(stress.max()))


def _ramberg_osgood(random: np.random.Generator, modulus: float) -> _Curve:
    strength, exponent = random.uniform(150.0, 900.0), random.uniform(8.0, 40.0)
    plastic = random.uniform(0.02, 0.12)
    top = min(random.uniform(1.1, 1.5), (plastic / _OFFSET) ** (1.0 / exponent)) * strength
    stress = np.linspace(0.0, top, random.integers(1500, 6000))
    strain = stress / modulus + _OFFSET * (stress / strength) ** exponent
    return _Curve(stress, strain, strength, top)


def _lueders(random: np.random.Generator, modulus: float) -> _Curve:
    upper = random.uniform(250.0, 430.0)
    plateau = upper * random.uniform(0.85, 0.95)
    strength = upper * random.uniform(1.1, 1.6)
    rows = random.integers(400, 1500)
    begin = upper / modulus
    levels = ((upper, plateau * 0.95, 6, 0.0003), (plateau * 0.95, plateau, 7, 0.0003))
    stress, strain = [np.linspace(0.0, upper, 300)], [np.linspace(0.0, begin, 300)]
    for low, high, steps, length in levels:
        stress.append(np.linspace(low, high, steps)[1:])
        strain.append(strain[-1][-1] + np.linspace(0.0, length, steps)[1:])
    stress.append(np.full(rows, plateau))
    strain.append(strain[-1][-1] + np.linspace(0.0, random.uniform(0.008, 0.02), rows + 1)[1:])
    done = np.linspace(0.0, 1.0, rows)[1:]
    stress.append(plateau + (strength - plateau) * (1.0 - (1.0 - done) ** 2))
    strain.append(strain[-1][-1] + 0.15 * done)
    return _Curve(np.concatenate(stress), np.concatenate(strain), None, strength)


def _recorded(
    random: np.random.Generator, curve: _Curve, force: float = 1.0, extension: float = 1.0
) -> "xarray.Dataset":
    """Record a curve with a toe, noise and steps; the channels have the gains given."""
    import xarray

    slack, toe = random.uniform(0.0, 0.0015), random.uniform(0.0, 0.1)
    knee = max(toe * (curve.rp02 or 250.0), 1e-6)
    lag = slack * np.sqrt(np.clip(curve.stress / knee, 0.0, 1.0))
    forces = _delivered(random, force * curve.stress * _S0)
    lengths = _delivered(random, extension * (curve.strain + lag) * _L0)
    columns = {"force": forces, "extension": lengths, "travel": 1.5 * lengths}
    return xarray.Dataset(
        {name: ("time", column) for name, column in columns.items()},
        {"time": 0.05 * np.arange(len(forces))},
    )


def _delivered(random: np.random.Generator, values: Floats) -> Floats:
    full = _FULL * float(values.max())
    step = full / _STEPS
    noisy: Floats = values + random.normal(0.0, _NOISE * full, len(values))
    return np.round(noisy / step) * step


def _deviating(
    random: np.random.Generator, curve: _Curve, rules: Mapping[str, float]
) -> "xarray.Dataset":
    """Record a curve by channels that deviate as far as the budget of the method allows."""
    force, extension, area = (
        1.0 + random.uniform(-1.0, 1.0) * rules[name] / 100.0
        for name in ("force", "extension", "area")
    )
    # The cross-section that was measured is `area` times the true one.
    return _recorded(random, curve, force / area, extension)


def _evaluated(dataset: "xarray.Dataset", data: Mapping[str, Any]) -> Evaluation:
    parameters = complete_parameters(TensileTest, {"s0": _S0, "l0": _L0})
    return TensileTest.evaluate(dataset, parameters, data)


def _error(found: Evaluation, name: str, truth: float) -> float:
    value = found.values[name].value
    return float("inf") if value is None else abs(value / truth - 1.0)


def _within(symbol: str, errors: list[float], most: float) -> Case:
    worst = 100.0 * max(errors)
    return Case(
        source=f"{len(errors)} curves with closed-form truth, {symbol}",
        published="0 %",
        obtained=f"{worst:.3f} %",
        asked=f"all within {most:g} %",
        reached=f"median {100.0 * float(np.median(errors)):.4f} %",
        holds=worst <= most,
    )


def _covered(symbol: str, inside: list[bool]) -> Case:
    share = 100.0 * sum(inside) / len(inside)
    return Case(
        source=f"{len(inside)} curves by deviating channels, coverage of the interval of {symbol}",
        published="95.45 %",
        obtained=f"{share:.1f} %",
        asked="93 to 97 %",
        holds=93.0 <= share <= 97.0,
    )

"""What an impedance spectrum tells: quantities of a two-pole, its circuit, its plausibility."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from testbed.evaluation.circuit_fit import Fitted, Weighting, fit_circuit
from testbed.evaluation.equivalent_circuit import Complexes
from testbed.evaluation.impedance_budget import (
    Residual,
    deviations,
    impedance_budgets,
    residual_budget,
    uncertainty_compensated,
)
from testbed.evaluation.integration import Floats
from testbed.evaluation.kramers_kronig import kramers_kronig
from testbed.evaluation.uncertainty.budget import Budget
from testbed.procedure.results import Construction, Evaluation, Finding, Obtained

if TYPE_CHECKING:
    import xarray

__all__ = ["TwoPole", "compensated", "evaluate_impedance", "two_pole"]

Parameters = Mapping[str, float | str | None]
_NO_CIRCUIT = "none"
_DRAWN = 200  # points of the fitted curve


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoPole:
    """The quantities by which people know an impedance, each of shape (n,).

    Attributes
    ----------
    magnitude, angle
        |Z| [ohm] and its angle [degree], positive for inductance.
    resistance, reactance
        Of the series circuit [ohm].
    series_capacitance, series_inductance
        [F], [H]; each negative where the two-pole is of the other kind.
    parallel_capacitance, parallel_resistance
        [F], [ohm].
    dissipation, quality
        D = Rs/|Xs| and Q = 1/D [1].
    """

    magnitude: Floats
    angle: Floats
    resistance: Floats
    reactance: Floats
    series_capacitance: Floats
    series_inductance: Floats
    parallel_capacitance: Floats
    parallel_resistance: Floats
    dissipation: Floats
    quality: Floats


def two_pole(frequency: npt.ArrayLike, impedance: npt.ArrayLike) -> TwoPole:
    """Work out the quantities of a two-pole; infinite where a divisor is zero.

    Parameters
    ----------
    frequency, impedance
        Shape (n,): above zero [Hz], and complex [ohm].
    """
    z = np.atleast_1d(np.asarray(impedance, dtype=np.complex128))
    w = 2.0 * np.pi * np.atleast_1d(np.asarray(frequency, dtype=np.float64))
    with np.errstate(divide="ignore", invalid="ignore"):
        y = 1.0 / z
        return TwoPole(
            magnitude=np.abs(z),
            angle=np.degrees(np.angle(z)),
            resistance=z.real.copy(),
            reactance=z.imag.copy(),
            series_capacitance=-1.0 / (w * z.imag),
            series_inductance=z.imag / w,
            parallel_capacitance=y.imag / w,
            parallel_resistance=1.0 / y.real,
            dissipation=z.real / np.abs(z.imag),
            quality=np.abs(z.imag) / z.real,
        )


def compensated(
    impedance: npt.ArrayLike,
    *,
    opened: npt.ArrayLike | None = None,
    shorted: npt.ArrayLike | None = None,
) -> Complexes:
    """Take the fixture out of impedances, from what was measured of it open and shorted.

    Parameters
    ----------
    impedance
        As measured, shape (n,) [ohm].
    opened, shorted
        Of the empty and the bridged fixture at the same frequencies [ohm]; the correction is left
        out where not given.

    References
    ----------
    Keysight Impedance Measurement Handbook, 5950-3000, chapter 4: residual impedance in series with
    the stray admittance across the device.
    """
    raw = np.asarray(impedance, dtype=np.complex128)
    residual = np.zeros_like(raw) if shorted is None else np.asarray(shorted, dtype=np.complex128)
    inner = raw - residual
    if opened is None:
        return inner
    stray = 1.0 / (np.asarray(opened, dtype=np.complex128) - residual)
    return np.asarray(inner / (1.0 - inner * stray), dtype=np.complex128)


def evaluate_impedance(
    dataset: "xarray.Dataset",
    parameters: Parameters,
    data: Mapping[str, Any],
    phases: Sequence[str],
) -> Evaluation:
    """Correct for the fixture, read the two-pole, fit its circuit and test the spectrum.

    Parameters
    ----------
    dataset
        `frequency` [Hz], `resistance` and `reactance` [ohm] and `phase` over `time`; where the
        readings stated it, `impedance_uncertainty` of each part [ohm], NaN where one did not.
    parameters
        `reference_frequency` [Hz], `fixture`, `circuit`, `weighting`, `inductive`.
    data
        Method data: ``reference``, ``fixture``, ``kramers_kronig``, ``fit`` and ``uncertainty``.
    phases
        Names of the phases in the order of their index.
    """
    taken, dropped = _sweeps(dataset, phases)
    findings = [Finding("rows-unusable", {"count": dropped})] if dropped else []
    f, raw, off = taken["sweep"]
    off = deviations(off, raw, data["uncertainty"])
    if not len(f):
        return _nothing("reason.no-impedance", findings)
    wanted = {"open": ("sweep_open",), "open-short": ("sweep_open", "sweep_short")}
    standards, known_to = {}, {}
    for name in wanted.get(str(parameters["fixture"]), ()):
        known, standard, deviation = taken[name]
        place = _places(known, f)
        if place is None:
            return _nothing("reason.fixture-not-measured", findings)
        standards[name] = standard[place]
        known_to[name] = (
            standard[place], deviations(deviation, standard, data["uncertainty"])[place]
        )  # fmt: skip
    opened, shorted = standards.get("sweep_open"), standards.get("sweep_short")
    wrong = _implausible(f, raw if shorted is None else shorted, opened, data, shorted is None)
    if wrong is not None:
        return _nothing("reason.fixture-implausible", [*findings, wrong])
    z = compensated(raw, opened=opened, shorted=shorted)
    off = uncertainty_compensated(
        raw, off, opened=known_to.get("sweep_open"), shorted=known_to.get("sweep_short")
    )
    # A device with the impedance of the short itself: there is nothing to tell of it.
    some = np.isfinite(z) & (np.abs(z) > 0.0)
    f, z, off = f[some], z[some], off[some]
    if not len(f):
        return _nothing("reason.no-impedance", findings)
    reference = float(parameters["reference_frequency"] or 0.0)
    values = _at_reference(f, z, reference, data)
    at = _nearest(f, reference)
    budgets = impedance_budgets(values, float(f[at]), complex(z[at]), float(off[at]))
    tested = _tested(f, z, data, findings)
    values["plausibility"] = _residual("plausibility", tested, budgets)
    fitted = _fitted(f, z, parameters, data, findings)
    if isinstance(fitted, str):
        values["fit_residual"] = Obtained(None, fitted)
        return Evaluation(values=values, findings=tuple(findings), budgets=budgets)
    left = Residual(value=fitted.residual * 100.0, degrees_of_freedom=fitted.degrees_of_freedom)
    values["fit_residual"] = _residual("fit_residual", left, budgets)
    drawn = fitted.impedance(np.geomspace(f[0], f[-1], _DRAWN))
    curve = Construction("fitted-circuit", tuple(drawn.real.tolist()), tuple(drawn.imag.tolist()))
    return Evaluation(
        values=values, findings=tuple(findings), constructions=(curve,), budgets=budgets
    )


def _residual(name: str, found: Residual | None, budgets: dict[str, Budget]) -> Obtained:
    if found is None:
        return Obtained(None, "reason.too-few-frequencies")
    budgets[name] = residual_budget(name, found)
    return Obtained(found.value)


def _sweeps(
    dataset: "xarray.Dataset", phases: Sequence[str]
) -> tuple[dict[str, tuple[Floats, Complexes, Floats]], int]:
    """Give each sweep by ascending frequency, and how many rows could not be used.

    A sweep is its frequencies [Hz], impedances and the uncertainties that were stated [ohm].
    """
    f, re, im = (
        dataset[name].to_numpy().astype(np.float64)
        for name in ("frequency", "resistance", "reactance")
    )
    off = (
        dataset["impedance_uncertainty"].to_numpy().astype(np.float64)
        if "impedance_uncertainty" in dataset
        else np.full(len(f), np.nan)
    )
    at = dataset["phase"].to_numpy()
    usable = np.isfinite(f) & np.isfinite(re) & np.isfinite(im) & (f > 0.0)
    taken = {}
    for name in ("sweep_open", "sweep_short", "sweep"):
        rows = usable & (at == phases.index(name))
        # A frequency that was measured more than once counts with its mean.
        lines, mean = _mean_by_frequency(f[rows], re[rows] + 1j * im[rows])
        taken[name] = lines, mean, _largest_by_frequency(f[rows], off[rows])
    return taken, int(np.sum(~usable))


def _places(known: Floats, lines: Floats) -> npt.NDArray[np.intp] | None:
    """Find each line among the known frequencies; None where one is missing."""
    if not len(known):
        return None
    place = np.argmin(np.abs(known[:, None] - lines[None, :]), axis=0)
    return place if np.allclose(known[place], lines, rtol=1e-6, atol=0.0) else None


def _implausible(
    f: Floats,
    shorted: Complexes,
    opened: Complexes | None,
    data: Mapping[str, Any],
    uncorrected: bool,
) -> Finding | None:
    """Tell where an open fixture was none, by its impedance over that of the shorted one.

    Without a short, the device under test stands in for it, which an open fixture only has to
    exceed.
    """
    if opened is None:
        return None
    needed = 1.0 if uncorrected else float(data["fixture"]["ratio"])
    ratios = np.abs(opened) / np.maximum(np.abs(shorted), 1e-300)
    worst = int(np.argmin(ratios))
    if ratios[worst] > needed:
        return None
    values = {"ratio": float(ratios[worst]), "needed": needed, "frequency": float(f[worst])}
    return Finding("fixture-implausible", values, invalidates=True)


def _mean_by_frequency(f: Floats, z: Complexes) -> tuple[Floats, Complexes]:
    lines, place = np.unique(f, return_inverse=True)
    count = np.bincount(place, minlength=len(lines))
    real = np.bincount(place, weights=z.real, minlength=len(lines))
    imaginary = np.bincount(place, weights=z.imag, minlength=len(lines))
    return lines, np.asarray((real + 1j * imaginary) / np.maximum(count, 1), np.complex128)


def _largest_by_frequency(f: Floats, deviation: Floats) -> Floats:
    """Give the largest uncertainty at each frequency; NaN where one reading stated none."""
    lines, place = np.unique(f, return_inverse=True)
    largest = np.zeros(len(lines))
    known = np.where(np.isfinite(deviation), deviation, np.inf)
    np.maximum.at(largest, place, known)
    return np.where(np.isfinite(largest), largest, np.nan)


def _nearest(f: Floats, reference: float) -> int:
    return int(np.argmin(np.abs(np.log(f / reference)))) if reference > 0.0 else 0


def _at_reference(
    f: Floats, z: Complexes, reference: float, data: Mapping[str, Any]
) -> dict[str, Obtained]:
    names = ("magnitude", "angle", "series_resistance", "series_capacitance", "series_inductance",
             "dissipation", "quality")  # fmt: skip
    place = _nearest(f, reference)
    if not abs(f[place] / reference - 1.0) <= float(data["reference"]["tolerance"]):
        return {name: Obtained(None, "reason.reference-frequency-not-measured") for name in names}
    found = two_pole(f[place], z[place])
    capacitive = z[place].imag < 0.0
    read = {
        "magnitude": found.magnitude,
        "angle": found.angle,
        "series_resistance": found.resistance,
        "dissipation": found.dissipation,
        "quality": found.quality,
    }
    values = {
        name: Obtained(float(each[0])) if math.isfinite(each[0])
        else Obtained(None, "reason.no-reactance")
        for name, each in read.items()
    }  # fmt: skip
    values["series_capacitance"] = (
        Obtained(float(found.series_capacitance[0])) if capacitive
        else Obtained(None, "reason.not-capacitive")
    )  # fmt: skip
    values["series_inductance"] = (
        Obtained(float(found.series_inductance[0])) if z[place].imag > 0.0
        else Obtained(None, "reason.not-inductive")
    )  # fmt: skip
    return values


def _tested(
    f: Floats, z: Complexes, data: Mapping[str, Any], findings: list[Finding]
) -> Residual | None:
    """Test the spectrum against the Kramers-Kronig relations, and name it where it fails."""
    rules = data["kramers_kronig"]
    if len(f) < int(rules["points"]):
        return None
    found = kramers_kronig(f, z, per_decade=float(rules["per_decade"]))
    allowed = float(rules["residual"])
    residual = found.residual * 100.0
    if residual > allowed:
        parts = np.maximum(np.abs(found.real), np.abs(found.imaginary))
        worst = float(found.frequency[int(np.argmax(parts))])
        values = {"residual": residual, "allowed": allowed, "frequency": worst}
        findings.append(Finding("kramers-kronig", values))
    return Residual(value=residual, degrees_of_freedom=found.degrees_of_freedom)


def _fitted(
    f: Floats,
    z: Complexes,
    parameters: Parameters,
    data: Mapping[str, Any],
    findings: list[Finding],
) -> Fitted | str:
    """Fit the circuit and tell its parameters; the reason where there is no fit."""
    circuit = str(parameters["circuit"])
    if circuit == _NO_CIRCUIT:
        return "reason.no-circuit-asked"
    if parameters["inductive"] == "dropped":
        kept = z.imag < 0.0
        if not kept.all():
            findings.append(Finding("inductive-dropped", {"count": int(np.sum(~kept))}))
        f, z = f[kept], z[kept]
    weighting: Weighting = "unit" if parameters["weighting"] == "unit" else "modulus"
    try:
        found = fit_circuit(
            circuit, f, z, weighting=weighting, starts=int(data["fit"]["starts"])
        )  # fmt: skip
    except ValueError:
        # Fewer points than the circuit has parameters, or an impedance of zero.
        return "reason.circuit-not-determined"
    for parameter in found.circuit.parameters:
        values: dict[str, str | float] = {
            "name": parameter.name,
            "value": found.values[parameter.name],
            "deviation": found.deviations[parameter.name],
            "unit": parameter.unit,
        }
        findings.append(Finding("circuit-parameter", values))
        off = found.deviations[parameter.name]
        most = float(data["fit"]["deviation"]) / 100.0 * abs(found.values[parameter.name])
        if parameter.name in found.at_bounds or not off <= most:
            findings.append(Finding("circuit-parameter-undetermined", {"name": parameter.name}))
    allowed = float(data["fit"]["residual"])
    if found.residual * 100.0 > allowed:
        values = {"residual": found.residual * 100.0, "allowed": allowed}
        findings.append(Finding("circuit-unfit", values))
    return found


def _nothing(reason: str, findings: list[Finding]) -> Evaluation:
    names = ("magnitude", "angle", "series_resistance", "series_capacitance", "series_inductance",
             "dissipation", "quality", "plausibility", "fit_residual")  # fmt: skip
    values = {name: Obtained(None, reason) for name in names}
    return Evaluation(values=values, findings=tuple(findings))

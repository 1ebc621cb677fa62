"""Random vibration from its record: levels line by line, effective value, crest and exposure."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.evaluation.dwell import time_inside
from testbed.evaluation.integration import Floats, gaps
from testbed.evaluation.profile import Profile
from testbed.evaluation.spectrum import Spectrum, finite_runs, interval_db, spectrum
from testbed.evaluation.uncertainty import Budget
from testbed.evaluation.vibration_budget import (
    counted_budget,
    exposure_budget,
    level_budget,
    scaled_budget,
)
from testbed.procedure.results import Construction, Evaluation, Finding, Obtained

if TYPE_CHECKING:
    import xarray

__all__ = ["crest_factor", "evaluate_random", "level_deviations", "profile_of"]

_MINUTE = 60.0
_POINTS = 5
_LEVELS = ("highest_level", "lowest_level", "rms", "rms_error")


def profile_of(parameters: Mapping[str, float | str | None]) -> Profile:
    """Read the break points from `f1` … `f5` [Hz] and `a1` … `a5` [(m/s2)2/Hz].

    Raises
    ------
    ValueError
        One of a pair is missing, or the points make no profile.
    """
    points = []
    for number in range(1, _POINTS + 1):
        frequency, density = (parameters.get(f"{letter}{number}") for letter in "fa")
        if (frequency is None) is not (density is None):
            raise ValueError(f"break point {number} has one of frequency and density alone")
        if frequency is not None and density is not None:
            points.append((float(frequency), float(density)))
    return Profile(tuple(points))


def level_deviations(found: Spectrum, profile: Profile) -> tuple[Floats, Floats, Floats]:
    """Compare each line between f1 and f2 with the profile.

    Returns
    -------
    tuple
        Frequencies [Hz]; deviation of each line [dB]; and the same with NaN for lines at an end of
        the profile, half of whose band lies outside, where nothing is asked for: they can be too
        high, but not too low.
    """
    inside = (found.frequencies >= profile.low) & (found.frequencies <= profile.high)
    frequencies = found.frequencies[inside]
    with np.errstate(divide="ignore"):
        ratio = np.log10(found.densities[inside] / profile.density(frequencies))
    deviation = 10.0 * ratio
    half = 0.5 * found.resolution * (1.0 - 1e-9)
    whole = (frequencies - half >= profile.low) & (frequencies + half <= profile.high)
    return frequencies, deviation, np.where(whole, deviation, np.nan)


def crest_factor(records: Sequence[Floats]) -> float | None:
    """Give the largest excursion over the effective value [1]; None where nothing moves.

    A drive that is clipped at n standard deviations has a crest factor of n at most.
    """
    values = np.concatenate(
        [run - run.mean() for record in records for run in finite_runs(record)] or [np.empty(0)]
    )
    if not len(values):
        return None
    effective = float(np.sqrt(np.mean(values**2)))
    return float(np.abs(values).max()) / effective if effective > 0.0 else None


def evaluate_random(
    tree: "xarray.DataTree",
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
    phases: Sequence[str],
) -> Evaluation:
    """Judge a random vibration test.

    Parameters
    ----------
    tree
        `control_level` [m/s2, effective] and `phase` in the main stream; in the stream "waveform"
        records of `control_voltage` [V] over `offset` [s].
    parameters
        Profile (see `profile_of`), `resolution` [Hz], `sensitivity` [V/(m/s2)], `duration` [min].
    data
        Method data of IEC 60068-2-64.
    phases
        Names of the phases in the order of their index.
    """
    profile = profile_of(parameters)
    records = _records(tree, float(parameters["sensitivity"] or 0.0))
    exposure, findings = _exposure(tree, profile, parameters, data, phases)
    values = {"exposure": exposure}
    crest = crest_factor(records)
    values["crest_factor"] = Obtained(crest, "" if crest is not None else "reason.no-vibration")
    missing = sum(int(np.count_nonzero(~np.isfinite(record))) for record in records)
    if missing:
        findings.append(Finding("samples-missing", {"count": missing}))
    found = _spectrum(tree, records, float(parameters["resolution"] or 0.0))
    if found is None:
        reason = "reason.no-spectrum"
        values |= {name: Obtained(None, reason) for name in (*_LEVELS, "freedom")}
        budgets = _budgets(values, None, profile, data)
        return Evaluation(values=values, findings=tuple(findings), budgets=budgets)
    levels, told = _levels(found, profile, data)
    values |= {"freedom": Obtained(found.degrees_of_freedom), **levels}
    return Evaluation(
        values=values,
        findings=(*findings, *told),
        constructions=_constructions(tree, profile, data, phases),
        budgets=_budgets(values, found, profile, data),
    )


def _records(tree: "xarray.DataTree", sensitivity: float) -> list[Floats]:
    if "waveform" not in tree.children:
        return []
    volts = tree["waveform"]["control_voltage"].to_numpy().astype(np.float64)
    return list(volts / sensitivity)


def _spectrum(
    tree: "xarray.DataTree", records: Sequence[Floats], resolution: float
) -> Spectrum | None:
    if not records:
        return None
    offsets = tree["waveform"]["offset"].to_numpy()
    rate = (len(offsets) - 1) / float(offsets[-1] - offsets[0])
    return spectrum(records, rate, resolution)


def _levels(
    found: Spectrum, profile: Profile, data: Mapping[str, Any]
) -> tuple[dict[str, Obtained], list[Finding]]:
    """Judge what the spectrum proves; too few degrees of freedom prove nothing."""
    asked = float(data["spectrum"]["freedom"])
    freedom = found.degrees_of_freedom
    if freedom < asked:
        values = {"freedom": freedom, "least": asked}
        refused = Finding("freedom-too-low", values, invalidates=True)
        return {name: Obtained(None, "reason.freedom-too-low") for name in _LEVELS}, [refused]
    if found.frequencies[-1] < profile.high:
        values = {"highest": float(found.frequencies[-1]), "asked": profile.high}
        refused = Finding("sampled-too-slowly", values, invalidates=True)
        return {name: Obtained(None, "reason.sampled-too-slowly") for name in _LEVELS}, [refused]
    frequencies, high, low = level_deviations(found, profile)
    tolerance = float(data["tolerance"]["level"])
    probability = float(data["spectrum"]["probability"])
    below, above = interval_db(freedom, probability)
    known = {"freedom": freedom, "probability": probability, "below": below, "above": above}
    findings = [Finding("levels-known", known)]
    outside = (high > tolerance) | (low < -tolerance)
    if outside.any():
        worst = int(np.nanargmax(np.abs(np.where(outside, high, np.nan))))
        told = {"frequency": float(frequencies[worst]), "deviation": float(high[worst])}
        findings.append(Finding("lines-outside", {"count": int(outside.sum()), **told}))
    effective = found.effective(profile.low, profile.high)
    judged = bool(np.isfinite(low).any())
    reason = "" if judged else "reason.no-lines"
    return {
        "highest_level": Obtained(float(high.max()) if len(high) else None, reason),
        "lowest_level": Obtained(float(np.nanmin(low)) if judged else None, reason),
        "rms": Obtained(effective),
        "rms_error": Obtained(100.0 * (effective / profile.rms - 1.0)),
    }, findings


def _budgets(
    values: Mapping[str, Obtained],
    found: Spectrum | None,
    profile: Profile,
    data: Mapping[str, Any],
) -> dict[str, Budget]:
    rules = data["uncertainty"]
    known = {name: each.value for name, each in values.items() if each.value is not None}
    budgets: dict[str, Budget] = {}
    if "exposure" in known:
        period = float(data["sampling"]["period"])
        budgets["exposure"] = exposure_budget(known["exposure"], period, rules)
    if "crest_factor" in known:
        # Gain cancels between the largest excursion and the effective value; linearity does not.
        share = 0.01 * float(rules["acquisition"])
        crest = known["crest_factor"]
        budgets["crest_factor"] = counted_budget("crest_factor", "1", crest, share=share)
    if found is None:
        return budgets
    freedom = found.degrees_of_freedom
    budgets["freedom"] = counted_budget("freedom", "1", freedom)
    for name in ("highest_level", "lowest_level"):
        if name in known:
            budgets[name] = level_budget(name, known[name], freedom, rules)
    if "rms" in known:
        scatter = found.scatter(profile.low, profile.high)
        for name, unit, demanded in (("rms", "m/s2", None), ("rms_error", "%", profile.rms)):
            budgets[name] = scaled_budget(
                name, unit, known["rms"], rules, scatter=scatter, demanded=demanded
            )
    return budgets


def _exposure(
    tree: "xarray.DataTree",
    profile: Profile,
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
    phases: Sequence[str],
) -> tuple[Obtained, list[Finding]]:
    """Add up the time [min] for which the record proves the effective value."""
    time, level = _exposed(tree, phases)
    if len(time) < 2:
        return Obtained(None, "reason.no-exposure"), []
    longest = float(data["sampling"]["gap"]) * float(data["sampling"]["period"])
    # What is no number lies inside nothing.
    deviation = np.where(np.isfinite(level), 100.0 * (level / profile.rms - 1.0), np.inf)
    proven = time_inside(time, deviation, float(data["tolerance"]["rms"]), longest)
    findings = []
    missing = gaps(time, longest)
    if missing.any():
        told = {"count": int(missing.sum()), "longest": float(np.diff(time).max())}
        findings.append(Finding("exposure-gap", told))
    return Obtained(proven / _MINUTE), findings


def _exposed(tree: "xarray.DataTree", phases: Sequence[str]) -> tuple[Floats, Floats]:
    rows = tree["phase"].to_numpy() == phases.index("expose")
    time = tree["time"].to_numpy().astype(np.float64)[rows]
    level = tree["control_level"].to_numpy().astype(np.float64)[rows]
    instants, index = np.unique(time, return_index=True)
    return instants, level[index]


def _constructions(
    tree: "xarray.DataTree", profile: Profile, data: Mapping[str, Any], phases: Sequence[str]
) -> tuple[Construction, ...]:
    time, _ = _exposed(tree, phases)
    if not len(time):
        return ()
    ends = (float(time[0]), float(time[-1]))
    share = 0.01 * float(data["tolerance"]["rms"])
    high, low = profile.rms * (1.0 + share), profile.rms * (1.0 - share)
    return (
        Construction("tolerance-high", ends, (high, high)),
        Construction("tolerance-low", ends, (low, low)),
    )

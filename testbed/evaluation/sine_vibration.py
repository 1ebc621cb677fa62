"""Sine vibration from its record: sweep rate, level, sweeps done, and the resonances."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from testbed.evaluation.integration import Floats, gaps
from testbed.evaluation.profile import sine_demand
from testbed.evaluation.resonance import Change, Resonance, compare, find_resonances
from testbed.evaluation.uncertainty import Budget
from testbed.evaluation.vibration_budget import (
    change_budget,
    counted_budget,
    resonance_budgets,
    scaled_budget,
)
from testbed.procedure.results import Construction, Evaluation, Finding, Obtained

if TYPE_CHECKING:
    import xarray

__all__ = ["SEARCHES", "evaluate_sine", "octaves_inside", "sweep_rates"]

SEARCHES = ("search", "search_again")
_MINUTE = 60.0
_MILLI = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class _Sweep:
    """Rows of one phase, one an instant.

    Attributes
    ----------
    time, frequency
        [s], strictly ascending, and [Hz].
    error
        Of the control level about the demand, over the demand [%].
    """

    time: Floats
    frequency: Floats
    error: Floats
    ratio: Floats
    phase: Floats


def sweep_rates(time: Floats, frequency: Floats, longest: float) -> tuple[float, float] | None:
    """Give the lowest and the highest rate of a sweep over any octave [oct/min].

    A sweep in steps moves where its frequency does: what is held in between counts as the time of
    the step. Of a sweep of less than an octave the rate is that of the whole.

    Parameters
    ----------
    time, frequency
        Strictly ascending [s], and above 0 [Hz]; the sweep may turn back.
    longest
        A step longer than this [s] is a gap; neither its time nor its octaves count.
    """
    moved = np.concatenate(([True], frequency[1:] != frequency[:-1]))
    torn = np.concatenate(([False], gaps(time, longest)))
    # A gap is kept between the rows at which it lies.
    kept = moved | torn | np.concatenate((torn[1:], [False]))
    instants, at, broken = time[kept], frequency[kept], torn[kept][1:]
    octaves = np.where(broken, 0.0, np.abs(np.diff(np.log2(at))))
    seconds = np.where(broken | (octaves == 0.0), 0.0, np.diff(instants))
    covered, passed = (np.concatenate(([0.0], np.cumsum(each))) for each in (octaves, seconds))
    unique = np.concatenate(([True], np.diff(covered) > 0.0))
    covered, passed = covered[unique], passed[unique]
    if len(covered) < 2:
        return None
    span = min(1.0, float(covered[-1]))
    starts = covered[covered + span <= covered[-1] + 1e-9]
    ends = np.interp(starts + span, covered, passed)
    needed = ends - np.interp(starts, covered, passed)
    rates = span / needed * _MINUTE
    return float(rates.min()), float(rates.max())


def octaves_inside(
    sweep_time: Floats, frequency: Floats, inside: npt.ArrayLike, longest: float
) -> float:
    """Add up the octaves [1] between neighbouring rows that are both inside, gaps left out."""
    good = np.asarray(inside, np.bool_)
    proven = good[1:] & good[:-1] & ~gaps(sweep_time, longest)
    return float(np.abs(np.diff(np.log2(frequency)))[proven].sum())


def evaluate_sine(
    dataset: "xarray.Dataset",
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
    phases: Sequence[str],
) -> Evaluation:
    """Judge a swept sine test with a search of resonances before and after.

    Parameters
    ----------
    dataset
        `frequency` [Hz], `control_level` and `response_level` [m/s2, peak], `phase_angle` [deg] of
        the response, and `phase` over `time` [s].
    parameters
        `low`, `high` [Hz], `acceleration`, `search_acceleration` [m/s2], `displacement` [mm].
    data
        Method data of IEC 60068-2-6.
    phases
        Names of the phases in the order of their index.
    """
    sweeps = {
        name: _rows(dataset, parameters, phases.index(name), searching=name in SEARCHES)
        for name in ("search", "endure", "search_again")
    }
    longest = float(data["sampling"]["gap"]) * float(data["sampling"]["longest"])
    values, findings = _course(sweeps, parameters, data, longest)
    found = tuple(
        find_resonances(each.frequency, each.ratio, each.phase, threshold=data["search"]["ratio"])
        for each in (sweeps[name] for name in SEARCHES)
    )
    searched = all(_swept(sweeps[name], parameters, longest) for name in SEARCHES)
    known, told = _resonances(found[0], found[1], data, searched=searched)
    return Evaluation(
        values={**values, **known},
        findings=(*findings, *told),
        budgets=_budgets({**values, **known}, found[0], found[1], data),
        constructions=tuple(
            Construction(code, (each.frequency,), (_response(sweep, each),))
            for code, sweep, several in (
                ("resonance-before", sweeps["search"], found[0]),
                ("resonance-after", sweeps["search_again"], found[1]),
            )
            for each in several
        ),
    )


def _rows(
    dataset: "xarray.Dataset",
    parameters: Mapping[str, float | str | None],
    place: int,
    *,
    searching: bool,
) -> _Sweep:
    names = ("time", "frequency", "control_level", "response_level", "phase_angle")
    here = dataset["phase"].to_numpy() == place
    time, frequency, control, response, angle = (
        dataset[name].to_numpy().astype(np.float64)[here] for name in names
    )
    usable = np.isfinite(time) & np.isfinite(frequency) & (frequency > 0.0)
    instants, index = np.unique(time[usable], return_index=True)
    frequency, control, response, angle = (
        each[usable][index] for each in (frequency, control, response, angle)
    )
    demand = demanded(frequency, parameters, searching=searching)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(control > 0.0, response / control, np.nan)
    return _Sweep(instants, frequency, 100.0 * (control / demand - 1.0), ratio, angle)


def demanded(
    frequency: Floats, parameters: Mapping[str, float | str | None], *, searching: bool
) -> Floats:
    """Give the peak acceleration [m/s2] asked for at frequencies [Hz]; a search asks for less."""
    name = "search_acceleration" if searching else "acceleration"
    displacement = float(parameters["displacement"] or math.inf) * _MILLI
    return sine_demand(frequency, float(parameters[name] or 0.0), displacement)


def _swept(sweep: _Sweep, parameters: Mapping[str, float | str | None], longest: float) -> bool:
    """Tell whether a search covers the whole range without a gap."""
    if len(sweep.time) < 3 or gaps(sweep.time, longest).any() or not np.isfinite(sweep.ratio).all():
        return False
    low, high = float(parameters["low"] or 0.0), float(parameters["high"] or 0.0)
    reached = float(sweep.frequency.min()), float(sweep.frequency.max())
    return reached[0] <= low * (1.0 + 1e-6) and reached[1] >= high * (1.0 - 1e-6)


def _course(
    sweeps: Mapping[str, _Sweep],
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
    longest: float,
) -> tuple[dict[str, Obtained], list[Finding]]:
    """Judge how the table was led, over all sweeps."""
    rates = [
        found
        for each in sweeps.values()
        if len(each.time) > 1
        and (found := sweep_rates(each.time, each.frequency, longest)) is not None
    ]
    errors = np.concatenate([each.error for each in sweeps.values()])
    worst = float(errors[np.argmax(np.abs(errors))]) if len(errors) else None
    reason = "reason.no-sweep"
    no_number = worst is not None and not math.isfinite(worst)
    endured = sweeps["endure"]
    whole = 2.0 * math.log2(float(parameters["high"] or 1.0) / float(parameters["low"] or 1.0))
    inside = np.abs(endured.error) <= float(data["tolerance"]["level"])
    done = octaves_inside(endured.time, endured.frequency, inside, longest) / whole
    # Logarithms that are summed up leave a whole number by their rounding.
    done = round(done, 9)
    values = {
        "lowest_rate": Obtained(min((each[0] for each in rates), default=None), reason),
        "highest_rate": Obtained(max((each[1] for each in rates), default=None), reason),
        "level_error": Obtained(
            None if no_number else worst, "reason.level-missing" if no_number else reason
        ),
        "cycles_done": Obtained(done if len(endured.time) > 1 else None, reason),
    }
    values = {n: Obtained(o.value, o.reason if o.value is None else "") for n, o in values.items()}
    torn = sum(int(gaps(each.time, longest).sum()) for each in sweeps.values())
    return values, [Finding("sweep-gap", {"count": torn})] if torn else []


def _resonances(
    before: tuple[Resonance, ...],
    after: tuple[Resonance, ...],
    data: Mapping[str, Any],
    *,
    searched: bool,
) -> tuple[dict[str, Obtained], list[Finding]]:
    changes = compare(before, after, reach=float(data["search"]["reach"]))
    values = {
        **_strongest(before, "before"),
        **_strongest(after, "after"),
        "frequency_change": _largest([each.frequency for each in changes], searched=searched),
        "q_change": _largest([each.q for each in changes], searched=searched),
    }
    findings = [_told(each) for each in changes]
    if searched and not changes:
        findings.append(Finding("no-resonance", {"ratio": float(data["search"]["ratio"])}))
    return values, findings


def _budgets(
    values: Mapping[str, Obtained],
    before: tuple[Resonance, ...],
    after: tuple[Resonance, ...],
    data: Mapping[str, Any],
) -> dict[str, Budget]:
    rules = data["uncertainty"]
    known = {name: each.value for name, each in values.items() if each.value is not None}
    budgets: dict[str, Budget] = {}
    timing = 0.01 * float(rules["timing"])
    for name, unit, share in (
        ("cycles_done", "1", 0.0),
        ("lowest_rate", "1/min", timing),
        ("highest_rate", "1/min", timing),
    ):
        if name in known:
            budgets[name] = counted_budget(name, unit, known[name], share=share)
    if "level_error" in known:
        level = 1.0 + 0.01 * known["level_error"]
        budgets["level_error"] = scaled_budget("level_error", "%", level, rules, demanded=1.0)
    for when, several in (("before", before), ("after", after)):
        strongest = max(several, key=lambda each: each.ratio, default=None)
        if strongest is not None:
            budgets |= resonance_budgets(strongest, when, rules)
    pairs = [
        (each.before, each.after)
        for each in compare(before, after, reach=float(data["search"]["reach"]))
        if each.before is not None and each.after is not None
    ]
    for name in ("frequency_change", "q_change"):
        if name not in known:
            continue
        found = [
            budget for pair in pairs if (budget := change_budget(name, *pair, rules)) is not None
        ]
        budgets[name] = max(
            found, key=lambda each: abs(each.estimate), default=counted_budget(name, "%", 0.0)
        )
    return budgets


def _strongest(found: tuple[Resonance, ...], when: str) -> dict[str, Obtained]:
    strongest = max(found, key=lambda each: each.ratio, default=None)
    nothing = "reason.no-resonance"
    if strongest is None:
        return {f"{name}_{when}": Obtained(None, nothing) for name in ("frequency", "q", "q_phase")}
    return {
        f"frequency_{when}": Obtained(strongest.frequency),
        f"q_{when}": Obtained(
            strongest.q, "" if strongest.q is not None else "reason.half-power-outside"
        ),
        f"q_phase_{when}": Obtained(
            strongest.phase_q, "" if strongest.phase_q is not None else "reason.no-phase"
        ),
    }


def _largest(changes: Sequence[float | None], *, searched: bool) -> Obtained:
    """Take the change that is furthest from zero; where none resonates, nothing has changed."""
    if not searched:
        return Obtained(None, "reason.no-search")
    known = [each for each in changes if each is not None]
    if len(known) < len(changes):
        return Obtained(None, "reason.resonance-unmatched")
    return Obtained(max(known, key=abs, default=0.0))


def _told(change: Change) -> Finding:
    if change.before is not None and change.after is not None:
        frequencies = {"before": change.before.frequency, "after": change.after.frequency}
        return Finding("resonance", frequencies)
    if change.before is not None:
        return Finding("resonance-gone", {"frequency": change.before.frequency})
    assert change.after is not None
    return Finding("resonance-new", {"frequency": change.after.frequency})


def _response(sweep: _Sweep, found: Resonance) -> float:
    """Give the ratio of the sweep at a resonance, where a curve of it is drawn."""
    order = np.argsort(sweep.frequency)
    return float(np.interp(found.frequency, sweep.frequency[order], sweep.ratio[order]))

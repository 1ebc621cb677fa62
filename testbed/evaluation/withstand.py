"""Insulation resistance and withstand voltage from their record.

What was not proven is no pass: without two persons who released it, with an interlock that was not
read as closed, or without a discharge that was read back, a test is not valid.

References
----------
IEC 61010-1:2010, 6.8: voltage tests. IEC 60335-1:2020, 13 and 16. IEEE Std 43: dielectric
absorption ratio and polarisation index.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from testbed.evaluation.dwell import time_inside
from testbed.evaluation.integration import Floats, gaps, trapezoid
from testbed.evaluation.withstand_budget import withstand_budgets
from testbed.procedure.results import Construction, Evaluation, Finding, Obtained

if TYPE_CHECKING:
    import xarray

__all__ = ["Stage", "evaluate_withstand", "flashovers", "sampling_period", "value_at"]

_NAMES = ("voltage", "leakage", "resistance", "on", "interlock", "releases", "passed")
_MEASURED = ("voltage", "leakage", "resistance")
_REQUIRED = ("r_ins", "u_ins", "u_rms", "i_max", "t_hold", "ramp_time", "discharge_time")


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """Rows of one phase, one an instant.

    Attributes
    ----------
    time
        [s], strictly ascending.
    voltage, leakage, resistance
        [V], [A], [ohm]; NaN where not read.
    on, interlock, passed
        Whether the voltage was on, the interlock closed, and the tester satisfied; 1 or 0, NaN
        where not read.
    releases
        How many persons had released the voltage.
    """

    time: Floats
    voltage: Floats
    leakage: Floats
    resistance: Floats
    on: Floats
    interlock: Floats
    releases: Floats
    passed: Floats

    def rows(self, kept: npt.NDArray[np.bool_] | slice) -> "Stage":
        """Keep some rows."""
        return Stage(self.time[kept], *(getattr(self, name)[kept] for name in _NAMES))

    @property
    def live(self) -> "Stage":
        """The rows at which the voltage was on."""
        return self.rows(self.on == 1.0)


def sampling_period(parameters: Mapping[str, float | str | None], data: Mapping[str, Any]) -> float:
    """Tell how often the withstand test is sampled [s]: a short one more often than a long one.

    Parameters
    ----------
    parameters
        `hold` [s].
    """
    rules = data["sampling"]
    return min(float(rules["period"]), float(parameters["hold"] or 0.0) / float(rules["short"]))


def value_at(time: Floats, value: Floats, instant: float, longest: float) -> float | None:
    """Read a curve at an instant, straight between the samples on either side of it.

    Parameters
    ----------
    time
        Strictly ascending [s].
    longest
        Samples further apart than this [s] tell nothing of what lies between.

    Returns
    -------
    float or None
        None where the curve does not reach it, a gap is there, or a sample beside it is missing.
    """
    after = int(np.searchsorted(time, instant))
    if after < len(time) and time[after] == instant:
        return float(value[after]) if np.isfinite(value[after]) else None
    if not 0 < after < len(time):
        return None
    beside = slice(after - 1, after + 1)
    if gaps(time[beside], longest).any() or not np.isfinite(value[beside]).all():
        return None
    return float(np.interp(instant, time[beside], value[beside]))


def flashovers(
    live: Stage, ended: Stage, *, asked: float, tolerance: float, trip: float, step: float
) -> tuple[Finding, ...]:
    """Find what says that the insulation has not withstood, the earliest first.

    Parameters
    ----------
    live
        Rows with the voltage on.
    ended
        Rows after them in the same phase.
    asked, tolerance
        Test voltage [V], and how far it may be off [%].
    trip, step
        Leakage that is too much, and change from one sample to the next that is a flashover while
        the voltage is held [A].
    """
    found = []
    held = np.abs(live.voltage / asked - 1.0) <= 0.01 * tolerance
    reached = int(held.argmax()) if held.any() else len(held)
    with np.errstate(invalid="ignore"):
        steps = np.abs(np.diff(live.leakage)) >= step
    both = held[1:] & held[:-1]
    for place in np.flatnonzero(steps & both)[:1]:
        size = float(abs(live.leakage[place + 1] - live.leakage[place]))
        found.append((float(live.time[place + 1]), "leakage-step", size))
    fallen = live.voltage < asked * (1.0 - 0.01 * tolerance)
    for place in np.flatnonzero(fallen[reached:])[:1]:
        at = reached + int(place)
        found.append((float(live.time[at]), "voltage-collapse", float(live.voltage[at])))
    everything = np.concatenate((live.leakage, ended.leakage))
    instants = np.concatenate((live.time, ended.time))
    for place in np.flatnonzero(everything >= trip)[:1]:
        found.append((float(instants[place]), "leakage-trip", float(everything[place])))
    for place in np.flatnonzero(ended.passed == 0.0)[:1]:
        found.append((float(ended.time[place]), "tester-failed", float(ended.leakage[place])))
    return tuple(
        Finding(code, {"time": time, "value": value}) for time, code, value in sorted(found)
    )


def evaluate_withstand(
    dataset: "xarray.Dataset",
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
    phases: Sequence[str],
) -> Evaluation:
    """Obtain insulation resistance, voltage, leakage and duration.

    Parameters
    ----------
    dataset
        `voltage` [V], `leakage` [A], `resistance` [ohm], `on`, `interlock`, `releases`, `passed`
        [1] and `phase` over `time` [s].
    parameters
        `voltage` [V], `trip` [A], `hold` [s].
    data
        Method data of IEC 61010-1.
    phases
        Names of the phases in the order of their index.
    """
    stages = {name: _stage(dataset, phases.index(name)) for name in phases}
    gap = float(data["sampling"]["gap"])
    usual, longest = (
        gap * float(data["sampling"]["period"]),
        gap * sampling_period(parameters, data),
    )
    insulation = _insulation(stages["insulate"], data, usual)
    withstood, flashed, drawn = _withstood(stages["apply"], parameters, data, longest)
    values = {
        **insulation,
        **withstood,
        "discharge_time": _discharged(stages["discharge"], usual),
    }
    findings = [*_unsafe(stages, data), *flashed]
    for name, most in (("insulate", usual), ("apply", longest)):
        missing = int(gaps(stages[name].live.time, most).sum())
        if missing:
            findings.append(Finding("high-voltage-gap", {"count": missing}))
    unset = [name for name in _REQUIRED if values[name].value is None]
    # A flashover is a failure, whatever could no longer be measured after it.
    if unset and not flashed:
        findings.append(Finding("value-unset", {"names": ", ".join(unset)}, invalidates=True))
    stated = {name: dataset.attrs.get(f"{name}_standard_uncertainty") for name in _MEASURED}
    periods = {"t_hold": longest / gap, "ramp_time": longest / gap, "discharge_time": usual / gap}
    return Evaluation(
        values=values,
        findings=tuple(findings),
        constructions=drawn,
        budgets=withstand_budgets(values, stated, periods, data["uncertainty"]),
    )


def _stage(dataset: "xarray.Dataset", place: int) -> Stage:
    here = dataset["phase"].to_numpy() == place
    time = dataset["time"].to_numpy().astype(np.float64)
    here &= np.isfinite(time)
    instants, index = np.unique(time[here], return_index=True)
    columns = (dataset[name].to_numpy().astype(np.float64)[here][index] for name in _NAMES)
    return Stage(instants, *columns)


def _unsafe(stages: Mapping[str, Stage], data: Mapping[str, Any]) -> list[Finding]:
    """Name what makes a test invalid whatever it has measured."""
    found = []
    for name in ("insulate", "apply"):
        for place in np.flatnonzero(stages[name].interlock != 1.0)[:1]:
            told = {"time": float(stages[name].time[place])}
            found.append(Finding("interlock-open", told, invalidates=True))
    for stage in stages.values():
        # Not "below": what is no number has released nothing.
        alone = ~(stage.live.releases >= float(data["release"]["persons"]))
        for place in np.flatnonzero(alone)[:1]:
            told = {"time": float(stage.live.time[place])}
            found.append(Finding("not-released", told, invalidates=True))
    last = stages["discharge"]
    if not len(last.time) or not (last.on == 0.0).all():
        found.append(Finding("not-discharged", {}, invalidates=True))
    return found


def _insulation(stage: Stage, data: Mapping[str, Any], longest: float) -> dict[str, Obtained]:
    """Read the resistance at its instants after the voltage came on."""
    rules = data["insulation"]
    live = stage.live
    since = live.time - live.time[0] if len(live.time) else live.time

    def read(instant: float) -> float | None:
        return value_at(since, live.resistance, instant, longest)

    def ratio(name: str) -> float | None:
        late, early = (read(float(instant)) for instant in rules[name])
        return late / early if late is not None and early else None

    at = float(rules["read"])
    # The first sample is that of the rise.
    volts = live.voltage[1:][since[1:] <= at]
    mean = float(volts.mean()) if len(volts) and np.isfinite(volts).all() else None
    return {
        "r_ins": _obtained(read(at), "reason.no-resistance"),
        "u_ins": _obtained(mean, "reason.no-test-voltage"),
        "dar": _obtained(ratio("absorption"), "reason.not-recorded-so-long"),
        "pi": _obtained(ratio("polarisation"), "reason.not-recorded-so-long"),
    }


def _withstood(
    stage: Stage,
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
    longest: float,
) -> tuple[dict[str, Obtained], tuple[Finding, ...], tuple[Construction, ...]]:
    """Judge rise, hold and leakage; what follows a flashover is no hold."""
    asked, trip = float(parameters["voltage"] or 0.0), float(parameters["trip"] or 0.0)
    rules = data["withstand"]
    tolerance = float(rules["tolerance"])
    live = stage.live
    ended = stage.rows(stage.time > live.time[-1] if len(live.time) else stage.on == 0.0)
    flashed = flashovers(
        live, ended, asked=asked, tolerance=tolerance, trip=trip,
        step=0.01 * float(rules["step"]) * trip,
    )  # fmt: skip
    deviation = np.where(
        (live.interlock == 1.0) & np.isfinite(live.voltage), 100.0 * (live.voltage / asked - 1.0),
        np.inf,
    )  # fmt: skip
    if flashed:
        deviation[live.time >= float(flashed[0].values["time"])] = np.inf
    held = np.abs(deviation) <= tolerance
    nothing = "reason.no-hold"
    values = {
        "u_rms": _obtained(_mean(live.time[held], live.voltage[held]), nothing),
        "i_max": _highest(live, ended),
        "t_hold": _obtained(
            time_inside(live.time, deviation, tolerance, longest) if held.any() else None, nothing
        ),
        "ramp_time": _obtained(
            float(live.time[held.argmax()] - live.time[0]) if held.any() else None, nothing
        ),
        "breakdowns": _obtained(float(len(flashed)) if len(live.time) else None, nothing),
    }
    if not held.any():
        return values, flashed, ()
    ends = (float(live.time[held][0]), float(live.time[held][-1]))
    return values, flashed, (Construction("test-voltage", ends, (asked, asked)),)


def _mean(time: Floats, value: Floats) -> float | None:
    if len(time) < 2:
        return float(value[0]) if len(time) else None
    return trapezoid(value, time) / float(time[-1] - time[0])


def _highest(live: Stage, ended: Stage) -> Obtained:
    """Give the largest leakage; where one was not read, it may have been that."""
    if not len(live.time):
        return Obtained(None, "reason.no-hold")
    if not np.isfinite(live.leakage).all():
        return Obtained(None, "reason.leakage-missing")
    after = ended.leakage[np.isfinite(ended.leakage)]
    return Obtained(float(np.concatenate((live.leakage, after)).max()))


def _discharged(stage: Stage, longest: float) -> Obtained:
    """Add up the time [s] for which the output was read back as off, at the end."""
    on = np.flatnonzero(stage.on != 0.0)
    last = stage.rows(slice(int(on[-1]) + 1 if len(on) else 0, None))
    if len(last.time) < 2:
        return Obtained(None, "reason.discharge-unconfirmed")
    return Obtained(float(np.diff(last.time)[~gaps(last.time, longest)].sum()))


def _obtained(value: float | None, reason: str) -> Obtained:
    return Obtained(value, "" if value is not None else reason)

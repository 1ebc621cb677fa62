"""Capacity of a discharge from its record of current and voltage."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.evaluation.discharge_budget import Discharged, discharge_budgets
from testbed.evaluation.integration import Floats, gaps
from testbed.evaluation.regression import fit_line
from testbed.evaluation.uncertainty.budget import Budget
from testbed.procedure.results import Construction, Evaluation, Finding, Obtained

if TYPE_CHECKING:
    import xarray

__all__ = ["evaluate_discharge"]

_HOUR = 3600.0
_PIECE = 1 << 13  # rows


def evaluate_discharge(
    dataset: "xarray.Dataset",
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
) -> Evaluation:
    """Integrate the current up to and including the first sample at the end voltage.

    Parameters
    ----------
    dataset
        `current` [A], positive out of the cell, and `voltage` [V] over `time` [s].
    parameters
        `rated_capacity` [A h] and `end_voltage` [V].
    data
        Method data of IEC 61960-3.

    Notes
    -----
    The discharge is the last stretch of positive current in the record, so that a discharge that
    only empties the cell before it is charged does not count. What flowed during a gap is not on
    record and does not count either: the capacity is then a lower bound, and a finding says so.
    """
    time, current, volts, dropped = _rows(dataset)
    asked = float(data["discharge"]["rate"]) * float(parameters["rated_capacity"] or 0.0)
    end = float(parameters["end_voltage"] or 0.0)
    longest = float(data["sampling"]["gap"]) * float(data["sampling"]["discharge"])
    first, last = _stretch(current, 0.5 * asked)
    if last <= first:
        return _nothing("reason.no-discharge")
    reached = _first_at_most(volts[first : last + 1], end)
    if reached is None:
        values = {"voltage": float(volts[last]), "end_voltage": end}
        return _nothing("reason.end-voltage-not-reached", Finding("discharge-incomplete", values))
    last = first + reached
    # The load was switched on between two rows: half of that step belongs to the discharge.
    if first and time[first] - time[first - 1] <= longest:
        first -= 1
    t, i, u = (a[first : last + 1] for a in (time, current, volts))
    flow = _flow(t, i, u, asked, longest)
    charge, energy = flow.charge / _HOUR, flow.energy / _HOUR
    if not charge > 0.0:
        return _nothing("reason.no-discharge")
    return Evaluation(
        values={
            "capacity": Obtained(charge),
            "energy": Obtained(energy),
            "mean_voltage": Obtained(energy / charge),
            "duration": Obtained(float(t[-1] - t[0]) / _HOUR),
        },
        findings=_findings(flow, asked, dropped, data),
        budgets=_budgets(dataset, t, i, u, charge, energy, data),
        constructions=(
            Construction("end-voltage", (float(t[0]), float(t[-1])), (end, end)),
            Construction("end-of-discharge", (float(t[-1]),), (float(u[-1]),)),
        ),
    )


def _budgets(
    dataset: "xarray.Dataset",
    t: Floats,
    i: Floats,
    u: Floats,
    charge: float,
    energy: float,
    data: Mapping[str, Any],
) -> Mapping[str, Budget]:
    rules = data.get("uncertainty")
    if rules is None:
        # Version 1 of the method stated none.
        return {}
    last = slice(max(len(t) - int(rules["samples"]), 0), None)
    fall = -fit_line(t[last], u[last]).slope if len(t[last]) > 1 else 0.0
    known = {
        name: dataset.attrs.get(f"{name}_standard_uncertainty") for name in ("current", "voltage")
    }
    duration = float(t[-1] - t[0]) / _HOUR
    found = Discharged(
        capacity=charge,
        energy=energy,
        duration=duration,
        current=charge / duration,
        voltage=energy / charge,
        fall=max(fall, 0.0),
        period=float(t[-1] - t[-2]),
        current_uncertainty=known["current"],
        voltage_uncertainty=known["voltage"],
    )
    return discharge_budgets(found, rules)


def _rows(dataset: "xarray.Dataset") -> tuple[Floats, Floats, Floats, int]:
    """Read time, current and voltage in order; also how many rows could not be used."""
    time, current, volts = (
        dataset[name].to_numpy().astype(np.float64, copy=False)
        for name in ("time", "current", "voltage")
    )
    # A sum is finite only where all of its terms are, and so are times between finite ends.
    whole = np.isfinite([current.sum(), volts.sum(), *time[:1], *time[-1:]]).all()
    if whole and bool(np.all(time[1:] >= time[:-1])):
        return time, current, volts, 0
    kept = np.isfinite(time) & np.isfinite(current) & np.isfinite(volts)
    order = np.argsort(time[kept], kind="stable")
    time, current, volts = (column[kept][order] for column in (time, current, volts))
    return time, current, volts, int((~kept).sum())


def _stretch(current: Floats, threshold: float) -> tuple[int, int]:
    """Find the last stretch of rows in which the current flows; (0, 0) if there is none."""
    last = -1
    for rows in reversed(_pieces(len(current))):
        flowing = current[rows] > max(threshold, 0.0)
        if last < 0:
            if not flowing.any():
                continue
            within = int(np.flatnonzero(flowing)[-1])
            last, flowing = rows.start + within, flowing[: within + 1]
        if not flowing.all():
            return rows.start + int(np.flatnonzero(~flowing)[-1]) + 1, last
    return 0, max(last, 0)


def _first_at_most(values: Floats, end: float) -> int | None:
    for rows in _pieces(len(values)):
        reached = values[rows] <= end
        if reached.any():
            return int(rows.start + np.argmax(reached))
    return None


def _pieces(count: int) -> list[slice]:
    """Cut rows into pieces that stay in the processor's cache, so that memory is read once."""
    return [slice(start, min(start + _PIECE, count)) for start in range(0, count, _PIECE)]


@dataclass(frozen=True, slots=True)
class _Flow:
    """What has flowed in a stretch of rows, and how well that is proven.

    Attributes
    ----------
    charge, energy
        [A s], [W s], without the steps that are gaps.
    missing, longest
        Number of gaps, and the longest step [s].
    off
        Largest deviation of the current from the one that was asked for [A].
    """

    charge: float
    energy: float
    missing: int
    longest: float
    off: float


def _flow(t: Floats, i: Floats, u: Floats, asked: float, longest: float) -> _Flow:
    # A piece ends with the row that the next one begins with.
    rows = [slice(each.start, each.stop + 1) for each in _pieces(len(t) - 1)]
    parts = [_piece(t[each], i[each], u[each], asked, longest) for each in rows]
    return _Flow(
        charge=sum(part.charge for part in parts),
        energy=sum(part.energy for part in parts),
        missing=sum(part.missing for part in parts),
        longest=max(part.longest for part in parts),
        off=max(part.off for part in parts),
    )


def _piece(t: Floats, i: Floats, u: Floats, asked: float, longest: float) -> _Flow:
    steps = np.diff(t)
    slowest = float(steps.max())
    proven = steps
    if slowest > longest:
        proven = np.where(gaps(t, longest), 0.0, steps)
    power = i * u
    return _Flow(
        charge=0.5 * float(((i[1:] + i[:-1]) * proven).sum()),
        energy=0.5 * float(((power[1:] + power[:-1]) * proven).sum()),
        missing=int((proven < steps).sum()) if proven is not steps else 0,
        longest=slowest,
        off=max(float(i[1:].max()) - asked, asked - float(i[1:].min())),
    )


def _findings(
    flow: _Flow, asked: float, dropped: int, data: Mapping[str, Any]
) -> tuple[Finding, ...]:
    found = []
    if flow.missing:
        found.append(Finding("gap", {"count": flow.missing, "longest": flow.longest}))
    if dropped:
        found.append(Finding("rows-unusable", {"count": dropped}))
    off = flow.off / asked * 100.0 if asked > 0.0 else 0.0
    allowed = float(data["discharge"]["current_tolerance"])
    if off > allowed:
        found.append(Finding("current-off", {"deviation": off, "allowed": allowed}))
    return tuple(found)


def _nothing(reason: str, *findings: Finding) -> Evaluation:
    names = ("capacity", "energy", "mean_voltage", "duration")
    return Evaluation(values={n: Obtained(None, reason) for n in names}, findings=findings)

"""Capacity of a discharge from its record of current and voltage."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.evaluation.discharge_budget import Discharged, discharge_budgets
from testbed.evaluation.integration import Floats, gaps, trapezoid
from testbed.evaluation.regression import fit_line
from testbed.evaluation.uncertainty.budget import Budget
from testbed.procedure.results import Construction, Evaluation, Finding, Obtained

if TYPE_CHECKING:
    import xarray

__all__ = ["evaluate_discharge"]

_HOUR = 3600.0


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
    reached = np.flatnonzero(volts[first : last + 1] <= end)
    if not len(reached):
        values = {"voltage": float(volts[last]), "end_voltage": end}
        return _nothing("reason.end-voltage-not-reached", Finding("discharge-incomplete", values))
    last = first + int(reached[0])
    # The load was switched on between two rows: half of that step belongs to the discharge.
    if first and time[first] - time[first - 1] <= longest:
        first -= 1
    t, i, u = (a[first : last + 1] for a in (time, current, volts))
    proven = ~gaps(t, longest)
    charge = trapezoid(i, t, proven) / _HOUR
    energy = trapezoid(i * u, t, proven) / _HOUR
    if not charge > 0.0:
        return _nothing("reason.no-discharge")
    return Evaluation(
        values={
            "capacity": Obtained(charge),
            "energy": Obtained(energy),
            "mean_voltage": Obtained(energy / charge),
            "duration": Obtained(float(t[-1] - t[0]) / _HOUR),
        },
        findings=_findings(t, i, asked, dropped, longest, data),
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
    columns = [dataset[n].to_numpy().astype(np.float64) for n in ("time", "current", "voltage")]
    whole = np.all(np.isfinite(columns), axis=0)
    order = np.argsort(columns[0][whole], kind="stable")
    time, current, volts = (column[whole][order] for column in columns)
    return time, current, volts, int((~whole).sum())


def _stretch(current: Floats, threshold: float) -> tuple[int, int]:
    """Find the last stretch of rows in which the current flows; (0, 0) if there is none."""
    flowing = np.flatnonzero(current > max(threshold, 0.0))
    if not len(flowing):
        return 0, 0
    breaks = np.flatnonzero(np.diff(flowing) > 1)
    first = flowing[breaks[-1] + 1] if len(breaks) else flowing[0]
    return int(first), int(flowing[-1])


def _findings(
    t: Floats,
    i: Floats,
    asked: float,
    dropped: int,
    longest: float,
    data: Mapping[str, Any],
) -> tuple[Finding, ...]:
    found = []
    missing = gaps(t, longest)
    if missing.any():
        found.append(
            Finding("gap", {"count": int(missing.sum()), "longest": float(np.diff(t).max())})
        )
    if dropped:
        found.append(Finding("rows-unusable", {"count": dropped}))
    off = float(np.max(np.abs(i[1:] - asked))) / asked * 100.0 if asked > 0.0 else 0.0
    allowed = float(data["discharge"]["current_tolerance"])
    if off > allowed:
        found.append(Finding("current-off", {"deviation": off, "allowed": allowed}))
    return tuple(found)


def _nothing(reason: str, *findings: Finding) -> Evaluation:
    names = ("capacity", "energy", "mean_voltage", "duration")
    return Evaluation(values={n: Obtained(None, reason) for n in names}, findings=findings)

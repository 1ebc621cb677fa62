"""Efficiency of converters and inverters at load points, and its weighted means."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.evaluation.efficiency_budget import Share, percent_budget, power_input
from testbed.evaluation.integration import Floats
from testbed.evaluation.regression import fit_line
from testbed.evaluation.uncertainty.budget import Budget
from testbed.procedure.results import Construction, Evaluation, Finding, Obtained

if TYPE_CHECKING:
    import xarray

__all__ = [
    "OperatingPoint",
    "drift",
    "evaluate_efficiency",
    "operating_points",
    "relative_uncertainty",
    "weighted_efficiency",
    "weighted_uncertainty",
]

Parameters = Mapping[str, float | str | None]
_MINUTE = 60.0
_POWERS = ("input_power", "output_power")
# Measurands by the level of the input voltage that they belong to.
_LEVELS = {"nominal_voltage": "", "lowest_voltage": "_low", "highest_voltage": "_high"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoint:
    """What was found at one input voltage and one load.

    Attributes
    ----------
    level
        Input voltage that was set [V].
    load
        Share of the rated load that was set [%].
    input_power, output_power
        Means over the end of the stretch [W].
    drift
        Larger of the drifts of both powers at its end [%/min]; None where the stretch is shorter
        than the time that a drift is taken over.
    samples
        Rows that the means are taken of.
    scatter
        Relative standard deviation of the mean of the efficiency [1].
    input_uncertainty, output_uncertainty
        Largest standard uncertainty of the readings of both powers [W]; NaN where one stated none.
    """

    level: float
    load: float
    input_power: float
    output_power: float
    drift: float | None
    samples: int
    scatter: float
    input_uncertainty: float = math.nan
    output_uncertainty: float = math.nan

    @property
    def efficiency(self) -> float:
        """Output over input power [1]."""
        return self.output_power / self.input_power


def drift(time: Floats, power: Floats, window: float) -> float | None:
    """Tell how fast a power changes at the end of a record [%/min], by a line through it.

    Parameters
    ----------
    time
        Ascending [s].
    power
        [W].
    window
        Length of the end that the line is fitted to [s].

    Returns
    -------
    float or None
        With its sign; None where the record does not reach back so far, or the mean is zero.
    """
    if len(time) < 3 or time[-1] - time[0] < window * (1.0 - 1e-6):
        return None
    last = time >= time[-1] - window * (1.0 + 1e-9)
    mean = float(np.mean(power[last]))
    if np.sum(last) < 3 or mean == 0.0:
        return None
    return fit_line(time[last], power[last]).slope / mean * _MINUTE * 100.0


def relative_uncertainty(output: float, input_: float, correlation: float = 0.0) -> float:
    """Give u(eta)/eta from the relative standard uncertainties of both powers [1].

    Parameters
    ----------
    output, input_
        u(P_out)/P_out and u(P_in)/P_in [1].
    correlation
        r of both powers, -1 to 1: two channels of one analyser share much of their error, and what
        they share drops out of the ratio.

    Raises
    ------
    ValueError
        The correlation is outside -1 to 1.
    """
    if not -1.0 <= correlation <= 1.0:
        raise ValueError(f"correlation {correlation:g} is outside -1 to 1")
    square = output**2 + input_**2 - 2.0 * correlation * output * input_
    # Fully correlated and equal uncertainties cancel to a rounding error of either sign.
    return math.sqrt(max(square, 0.0))


def weighted_efficiency(
    efficiencies: Mapping[float, float], weights: Mapping[float, float], *, tolerance: float = 1e-6
) -> float | None:
    """Give the weighted mean of efficiencies; None where a load point is missing.

    Parameters
    ----------
    efficiencies
        Load [%] to efficiency [1].
    weights
        Load [%] to weight [1]; they add up to one.
    tolerance
        How far a load may lie from the point of its weight [%].

    Raises
    ------
    ValueError
        The weights do not add up to one.
    """
    if abs(math.fsum(weights.values()) - 1.0) > 1e-9:
        raise ValueError(f"the weights add up to {math.fsum(weights.values()):g}")
    found = []
    for load, weight in weights.items():
        nearest = min(efficiencies, key=lambda each: abs(each - load), default=math.inf)
        if not abs(nearest - load) <= tolerance:
            return None
        found.append(weight * efficiencies[nearest])
    return math.fsum(found)


def weighted_uncertainty(
    uncertainties: Sequence[float], weights: Sequence[float], correlation: float = 1.0
) -> float:
    """Give the standard uncertainty of a weighted efficiency.

    Parameters
    ----------
    uncertainties
        Standard uncertainty of the efficiency at each load point [1].
    weights
        Of the same points [1].
    correlation
        r between any two points, 0 to 1: readings of one analyser err together.
    """
    parts = np.asarray(uncertainties, np.float64) * np.asarray(weights, np.float64)
    alone, together = float(parts @ parts), float(np.sum(parts)) ** 2
    return math.sqrt((1.0 - correlation) * alone + correlation * together)


def operating_points(
    dataset: "xarray.Dataset", window: float
) -> tuple[tuple[OperatingPoint, ...], int]:
    """Read the operating points from a record; also how many rows could not be used.

    Parameters
    ----------
    dataset
        `input_level` [V], `load_level` [%], `input_power` and `output_power` [W] over `time` [s];
        where the readings stated them, `input_power_uncertainty` and `output_power_uncertainty`
        [W], NaN in a row that did not.
    window
        End of each stretch that counts [s].
    """
    names = ("time", "input_level", "load_level", "input_power", "output_power")
    columns = [dataset[name].to_numpy().astype(np.float64) for name in names]
    whole = np.all(np.isfinite(columns), axis=0)
    order = np.argsort(columns[0][whole], kind="stable")
    time, level, load, into, out = (column[whole][order] for column in columns)
    stated = np.array([_stated(dataset, name)[whole][order] for name in _POWERS])
    found = []
    for each in np.unique(np.column_stack((level, load)), axis=0):
        rows = (level == each[0]) & (load == each[1])
        if each[1] > 0.0:
            powers = np.array((into[rows], out[rows]))
            found.append(_point(each, time[rows], powers, stated[:, rows], window))
    return tuple(found), int(np.sum(~whole))


def _stated(dataset: "xarray.Dataset", power: str) -> Floats:
    """Read what each reading of a power stated of its uncertainty [W]; NaN where nothing."""
    name = f"{power}_uncertainty"
    if name not in dataset:
        return np.full(dataset.sizes["time"], math.nan)
    return np.asarray(dataset[name].to_numpy(), np.float64)


def _point(
    place: Floats, time: Floats, powers: Floats, stated: Floats, window: float
) -> OperatingPoint:
    """Read one point from its rows; of `powers` and `stated` the input is the first row [W]."""
    into, out = powers
    drifts = [drift(time, power, window) for power in (into, out)]
    known = [each for each in drifts if each is not None]
    last = time >= time[-1] - window * (1.0 + 1e-9)
    ratio = out[last] / np.where(into[last] == 0.0, math.nan, into[last])
    count, mean = int(np.sum(last)), float(np.mean(ratio))
    return OperatingPoint(
        level=float(place[0]),
        load=float(place[1]),
        input_power=float(np.mean(into[last])),
        output_power=float(np.mean(out[last])),
        drift=max(known, key=abs) if len(known) == len(drifts) else None,
        samples=count,
        scatter=float(np.std(ratio, ddof=1)) / math.sqrt(count) / abs(mean)
        if count > 1 and mean
        else 0.0,
        # Largest of all, or NaN: a reading that stated nothing may have been off by anything.
        input_uncertainty=float(np.max(stated[0, last])),
        output_uncertainty=float(np.max(stated[1, last])),
    )


def evaluate_efficiency(
    dataset: "xarray.Dataset", parameters: Parameters, data: Mapping[str, Any]
) -> Evaluation:
    """Find the efficiency at every operating point, and weigh it by CEC and Euro weights.

    Parameters
    ----------
    dataset
        As `operating_points` reads it.
    parameters
        `nominal_voltage`, and where tested `lowest_voltage` and `highest_voltage` [V];
        `rated_voltage` [V] and `rated_current` [A].
    data
        Method data: ``settling``, ``load``, ``weights`` and ``uncertainty``.
    """
    points, dropped = operating_points(dataset, float(data["settling"]["window"]))
    findings = [Finding("rows-unusable", {"count": dropped})] if dropped else []
    usable = []
    for point in points:
        if not (point.input_power > 0.0 and point.output_power > 0.0):
            place: dict[str, str | float] = {"voltage": point.level, "load": point.load}
            findings.append(Finding("no-power", place))
            continue
        usable.append(point)
        findings += _named(point, parameters, data)
    values: dict[str, Obtained] = {}
    for name, suffix in _LEVELS.items():
        level = parameters[name]
        if level is not None:
            values |= _weighed(usable, float(level), suffix, data)
        else:
            values |= {
                f"{each}{suffix}": Obtained(None, "reason.level-not-asked")
                for each in ("cec", "euro")
            }
    nominal = float(parameters["nominal_voltage"] or 0.0)
    here = [point for point in usable if _near(point.level, nominal)]
    full = [point for point in here if point.load == 100.0]
    values["full_load"] = (
        Obtained(full[0].efficiency * 100.0) if full
        else Obtained(None, "reason.load-point-missing")
    )  # fmt: skip
    values["peak"] = (
        Obtained(max(point.efficiency for point in here) * 100.0) if here
        else Obtained(None, "reason.load-point-missing")
    )  # fmt: skip
    curve = tuple(sorted((point.output_power, point.input_power) for point in here))
    drawn = (
        (Construction("settled-points", tuple(o for o, _ in curve), tuple(i for _, i in curve)),)
        if curve
        else ()
    )
    parts = _parts(usable, here, full, parameters, data)
    return Evaluation(
        values=values,
        findings=tuple(findings),
        constructions=drawn,
        budgets={
            name: _budget(name, shares, data["uncertainty"])
            for name, shares in parts.items()
            if values[name].value is not None
        },
    )


def _parts(
    points: Sequence[OperatingPoint],
    here: Sequence[OperatingPoint],
    full: Sequence[OperatingPoint],
    parameters: Parameters,
    data: Mapping[str, Any],
) -> dict[str, list[Share]]:
    """Tell which points each efficiency was read from, and with which weight."""
    parts = {
        "full_load": [_share(point, 1.0) for point in full[:1]],
        "peak": [_share(max(here, key=lambda each: each.efficiency), 1.0)] if here else [],
    }
    for name, suffix in _LEVELS.items():
        level = parameters[name]
        there = [p for p in points if level is not None and _near(p.level, float(level))]
        if not there:
            continue
        for mean in ("cec", "euro"):
            rule = data["weights"][mean]
            parts[f"{mean}{suffix}"] = [
                _share(_loaded(there, load), weight)
                for load, weight in zip(rule["load"], rule["weight"], strict=True)
            ]
    return parts


def _loaded(points: Sequence[OperatingPoint], load: float) -> OperatingPoint:
    return min(points, key=lambda each: abs(each.load - load))


def _share(point: OperatingPoint, weight: float) -> Share:
    return Share(
        weight=weight,
        output_power=point.output_power,
        input_power=point.input_power,
        scatter=point.scatter,
        output_uncertainty=point.output_uncertainty,
        input_uncertainty=point.input_uncertainty,
        samples=point.samples,
    )


def _budget(name: str, shares: Sequence[Share], rules: Mapping[str, Any]) -> Budget:
    output, input_ = (
        power_input(symbol, shares, side, float(rules[f"{side}_power"]))
        for symbol, side in (("g_out", "output"), ("g_in", "input"))
    )
    return percent_budget(name, shares, output, input_)


def _near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-6)


def _weighed(
    points: Sequence[OperatingPoint], level: float, suffix: str, data: Mapping[str, Any]
) -> dict[str, Obtained]:
    found = {point.load: point.efficiency for point in points if _near(point.level, level)}
    values = {}
    for name in ("cec", "euro"):
        rule = data["weights"][name]
        weights = dict(zip(rule["load"], rule["weight"], strict=True))
        value = weighted_efficiency(found, weights, tolerance=float(data["load"]["nearest"]))
        values[f"{name}{suffix}"] = (
            Obtained(None, "reason.load-point-missing") if value is None
            else Obtained(value * 100.0)
        )  # fmt: skip
    return values


def _named(point: OperatingPoint, parameters: Parameters, data: Mapping[str, Any]) -> list[Finding]:
    """Name what is wrong with one operating point."""
    found = []
    place: dict[str, str | float] = {"voltage": point.level, "load": point.load}
    allowed = float(data["settling"]["drift"])
    if point.drift is None:
        found.append(Finding("settling-unproven", place, invalidates=True))
    elif abs(point.drift) > allowed:
        values = {**place, "drift": point.drift, "allowed": allowed}
        found.append(Finding("not-settled", values, invalidates=True))
    rated = float(parameters["rated_voltage"] or 0.0) * float(parameters["rated_current"] or 0.0)
    if rated > 0.0:
        share = point.output_power / rated * 100.0
        most = float(data["load"]["tolerance"])
        if abs(share - point.load) > most:
            findings = {**place, "found": share, "allowed": most}
            found.append(Finding("load-off", findings))
    if point.output_power > point.input_power:
        found.append(Finding("efficiency-above-one", place, invalidates=True))
    return found

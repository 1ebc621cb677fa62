"""Resistance by four wires and a reversed current, and how a value depends on temperature."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from testbed.evaluation.integration import Floats
from testbed.evaluation.regression import fit_linear
from testbed.evaluation.resistance_budget import Reversals, reversal_budgets
from testbed.procedure.results import Construction, Evaluation, Finding, Obtained

if TYPE_CHECKING:
    import xarray

__all__ = [
    "TemperatureLaw",
    "at_reference",
    "drift_removed",
    "evaluate_resistance",
    "fit_temperature",
    "reversed_resistance",
]

Parameters = Mapping[str, float | str | None]
_MEASURED = ("test_voltage", "test_current", "specimen_temperature")


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperatureLaw:
    """``y(T) = value (1 + alpha t + beta t²)`` with ``t = T - reference``.

    Attributes
    ----------
    reference
        [degC].
    value, value_deviation
        At the reference temperature, in the unit of y.
    alpha, alpha_deviation
        [1/K].
    beta, beta_deviation
        [1/K²].
    zero_coefficient
        Temperature at which y stands still [degC]; None where beta is zero.
    points
        Number of points fitted.
    """

    reference: float
    value: float
    value_deviation: float
    alpha: float
    alpha_deviation: float
    beta: float
    beta_deviation: float
    zero_coefficient: float | None
    points: int


def reversed_resistance(
    forward: npt.ArrayLike, reverse: npt.ArrayLike, current: npt.ArrayLike
) -> Floats:
    """Give R = (V+ - V-) / (2 I) [ohm]: a constant thermal or offset voltage drops out.

    Parameters
    ----------
    forward, reverse
        Voltages under a current of one and of the other sign [V].
    current
        Size of the current [A]; where both were measured, half of their difference.
    """
    plus, minus = np.asarray(forward, np.float64), np.asarray(reverse, np.float64)
    return np.asarray((plus - minus) / (2.0 * np.asarray(current, np.float64)), np.float64)


def at_reference(
    resistance: float, temperature: float, alpha: float, reference: float = 20.0
) -> float:
    """Reduce a resistance to its reference temperature: R / (1 + alpha (T - T0)) [ohm].

    Parameters
    ----------
    resistance
        At `temperature` [ohm].
    temperature, reference
        [degC].
    alpha
        Temperature coefficient at the reference temperature [1/K].

    Raises
    ------
    ValueError
        The linear law gives no resistance at that temperature.
    """
    factor = 1.0 + alpha * (temperature - reference)
    if not factor > 0.0:
        raise ValueError(f"1 + alpha (T - T0) is {factor:g}: the law does not reach so far")
    return resistance / factor


def drift_removed(value: npt.ArrayLike, *, ends: int = 32) -> Floats:
    """Take a steady drift out of a sweep that comes back to the temperature where it began.

    What first and last rows differ by is drift; it is taken to have grown evenly from row to row,
    and all rows are brought to the state of the first.

    Parameters
    ----------
    value
        Shape (n,), at even steps of time, any unit.
    ends
        Number of rows at each end, of which the medians are taken.

    Raises
    ------
    ValueError
        The rows at both ends are not apart from each other.
    """
    y = np.asarray(value, np.float64)
    if not 0 < 2 * ends <= len(y):
        raise ValueError(f"{len(y)} rows have no two ends of {ends}")
    drifted = float(np.median(y[:ends]) - np.median(y[-ends:]))
    return np.asarray(y + drifted / len(y) * np.arange(len(y)), np.float64)


def fit_temperature(
    temperature: npt.ArrayLike, value: npt.ArrayLike, *, reference: float = 23.0
) -> TemperatureLaw:
    """Fit a quadratic law to values over temperature, by ordinary least squares.

    Parameters
    ----------
    temperature
        Shape (n,) [degC], taken as exact.
    value
        Shape (n,), any unit.
    reference
        Temperature that the coefficients refer to [degC].

    Raises
    ------
    ValueError
        Fewer than four points, temperatures that do not determine a parabola, or a value of zero
        at the reference temperature.
    """
    t = np.asarray(temperature, np.float64) - reference
    y = np.asarray(value, np.float64)
    if len(t) < 4:
        raise ValueError(f"a parabola and its scatter need four points, not {len(t)}")
    # The mean is taken out before: values of a few parts in a million otherwise drown in rounding.
    middle = float(np.mean(y))
    (c0, c1, c2), (u0, u1, u2) = fit_linear(np.column_stack((t, t**2)), y - middle)
    at = middle + float(c0)
    if at == 0.0:
        raise ValueError("the value at the reference temperature is zero")
    size = abs(at)
    return TemperatureLaw(
        reference=reference,
        value=at,
        value_deviation=float(u0),
        alpha=float(c1) / at,
        alpha_deviation=float(u1) / size,
        beta=float(c2) / at,
        beta_deviation=float(u2) / size,
        zero_coefficient=reference - float(c1) / (2.0 * float(c2)) if c2 else None,
        points=len(t),
    )


def evaluate_resistance(
    dataset: "xarray.Dataset", parameters: Parameters, data: Mapping[str, Any]
) -> Evaluation:
    """Take each reversal of the current as one resistance, and their mean as the result.

    Parameters
    ----------
    dataset
        `test_voltage` [V], `test_current` [A], `voltage_limit` [V] and `specimen_temperature`
        [degC] over `time` [s].
    parameters
        `kind`, `current` [A] and `alpha` [1/K].
    data
        Method data of IEC 60512-2-1.

    Notes
    -----
    Readings that follow each other at one sign of the current count with their mean. Each two
    neighbouring signs are one reversal, and no reading is used twice.
    """
    columns, dropped = _rows(dataset)
    time, volts, amperes, limit, celsius = columns
    findings = [Finding("rows-unusable", {"count": dropped})] if dropped else []
    flowing = np.abs(amperes) > float(data["reversal"]["flowing"]) * np.max(
        np.abs(amperes), initial=0.0
    )
    pairs = _pairs(volts[flowing], amperes[flowing])
    if len(pairs) < 2:
        return _nothing("reason.no-reversals", findings)
    needed = int(data["reversal"]["count"])
    if len(pairs) < needed:
        values: dict[str, str | float] = {"count": len(pairs), "needed": needed}
        findings.append(Finding("reversals-few", values, invalidates=True))
    first, second = pairs[:, 0], pairs[:, 1]
    each = reversed_resistance(first[:, 0], second[:, 0], (first[:, 1] - second[:, 1]) / 2.0)
    mean, scatter = float(np.mean(each)), float(np.std(each, ddof=1))
    warm = float(np.mean(celsius[flowing]))
    reference = float(data["reference"]["temperature"])
    reduced = at_reference(mean, warm, float(parameters["alpha"] or 0.0), reference)
    least = float(data["reversal"]["reached"]) * float(parameters["current"] or 0.0)
    flowed = float(np.min(np.abs(pairs[:, :, 1])))
    if flowed < least:
        low: dict[str, str | float] = {
            "current": flowed * 1e3,
            "wanted": float(parameters["current"] or 0.0) * 1e3,
        }
        findings.append(Finding("test-current-not-reached", low))
    if parameters["kind"] == "contact":
        findings += _beyond(volts, amperes, limit, data)
    span = (float(time[flowing][0]), float(time[flowing][-1]))
    offsets = (first[:, 0] + second[:, 0]) / 2.0
    emf = float(np.mean(offsets))
    reversals = Reversals(
        resistance=each,
        offset=offsets,
        temperature=celsius[flowing],
        voltage=float(np.mean(np.abs(first[:, 0] - second[:, 0]))) / 2.0,
        current=float(np.mean(np.abs(first[:, 1] - second[:, 1]))) / 2.0,
        alpha=float(parameters["alpha"] or 0.0),
        reference=reference,
        stated={name: dataset.attrs.get(f"{name}_standard_uncertainty") for name in _MEASURED},
    )
    return Evaluation(
        values={
            "resistance": Obtained(mean),
            "deviation": Obtained(scatter),
            "reference_resistance": Obtained(reduced),
            "temperature_found": Obtained(warm),
            "offset": Obtained(emf),
            "reversals_found": Obtained(float(len(pairs))),
        },
        findings=tuple(findings),
        constructions=(Construction("offset-voltage", span, (emf, emf)),),
        budgets=reversal_budgets(reversals, data["uncertainty"]),
    )


def _rows(dataset: "xarray.Dataset") -> tuple[list[Floats], int]:
    """Read the columns in the order of time; also how many rows could not be used."""
    names = ("time", "test_voltage", "test_current", "voltage_limit", "specimen_temperature")
    columns = [dataset[name].to_numpy().astype(np.float64) for name in names]
    whole = np.all(np.isfinite(columns), axis=0)
    order = np.argsort(columns[0][whole], kind="stable")
    return [column[whole][order] for column in columns], int(np.sum(~whole))


def _pairs(volts: Floats, amperes: Floats) -> Floats:
    """Give the reversals, shape (n, 2, 2): of each sign mean voltage [V] and current [A]."""
    if not len(amperes):
        return np.zeros((0, 2, 2))
    turns = np.flatnonzero(np.diff(np.sign(amperes))) + 1
    means = np.array([
        (float(np.mean(v)), float(np.mean(i)))
        for v, i in zip(np.split(volts, turns), np.split(amperes, turns), strict=True)
    ])  # fmt: skip
    whole = len(means) // 2 * 2
    return means[:whole].reshape(-1, 2, 2)


def _beyond(
    volts: Floats, amperes: Floats, limit: Floats, data: Mapping[str, Any]
) -> list[Finding]:
    """Name what a contact must not see: IEC 60512-2-1, millivolt level method."""
    rules, found = data["contact"], []
    # The set limit is what an open contact would see, and it is a setting: it holds exactly.
    most = float(rules["open_circuit"])
    highest = max(float(np.max(limit)), float(np.max(np.abs(volts))) - float(rules["margin"]))
    if highest > most * (1.0 + 1e-9):
        values: dict[str, str | float] = {"voltage": highest * 1e3, "allowed": most * 1e3}
        found.append(Finding("open-circuit-exceeded", values, invalidates=True))
    allowed = float(rules["current"])
    flowed = float(np.max(np.abs(amperes)))
    if flowed > allowed * (1.0 + float(rules["current_margin"])):
        values = {"current": flowed * 1e3, "allowed": allowed * 1e3}
        found.append(Finding("test-current-exceeded", values, invalidates=True))
    return found


def _nothing(reason: str, findings: list[Finding]) -> Evaluation:
    names = ("resistance", "deviation", "reference_resistance", "temperature_found", "offset",
             "reversals_found")  # fmt: skip
    return Evaluation(
        values={name: Obtained(None, reason) for name in names}, findings=tuple(findings)
    )

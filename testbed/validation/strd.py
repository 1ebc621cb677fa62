"""Least squares and basic statistics against the NIST Statistical Reference Datasets.

Every certified figure of every file is one case. The data are read as decimals: `describe` and
`analyse_variance` take those as they are, the fits take them in the widest floating point of the
machine (see `testbed.evaluation.orthogonal` for what that is). With 64 bits of mantissa all figures
of all 58 published files hold. Where the widest is a double, all hold but two: Lanczos1, whose
residuals are a thousand roundings of a double, keeps three digits of its spread, and two
coefficients of Wampler5 keep 8.9.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np

from testbed.evaluation.curve_fit import fit_curve
from testbed.evaluation.orthogonal import Wide
from testbed.evaluation.regression import Regression, fit_line, fit_polynomial, regress
from testbed.evaluation.statistics import analyse_variance, describe
from testbed.validation.cases import Case, by_digits
from testbed.validation.formula import Formula, Quantity
from testbed.validation.strd_file import (
    AnovaSet,
    CurveSet,
    LinearSet,
    Parameter,
    UnivariateSet,
    predictors,
    read_strd,
)

__all__ = ["cases"]

_LINEAR = 9.0
_CURVE = 4.0
_UNIVARIATE = 8.0
_ANOVA = 8.0

_WORDS = {
    "between_freedom": "degrees of freedom between",
    "between_squares": "sum of squares between",
    "between_mean_square": "mean square between",
    "within_freedom": "degrees of freedom within",
    "within_squares": "sum of squares within",
    "within_mean_square": "mean square within",
    "regression_freedom": "degrees of freedom of the regression",
    "regression_squares": "regression sum of squares",
    "regression_mean_square": "regression mean square",
    "residual_freedom": "residual degrees of freedom",
    "residual_squares": "residual sum of squares",
    "residual_mean_square": "residual mean square",
    "residual_deviation": "residual standard deviation",
    "f_statistic": "F statistic",
    "r_squared": "R-squared",
}


def cases(reference: Path) -> Iterator[Case]:
    """Compare every certified figure of every file of ``reference / "nist_strd"``.

    A file of which something cannot be read, or to which no fit is found, gives a case that does
    not hold and says why. Where there is no such folder there are no cases.
    """
    for path in sorted((reference / "nist_strd").glob("*.dat")):
        source = f"NIST StRD {path.stem}"
        try:
            yield from _of(path, source)
        except (ValueError, ArithmeticError, LookupError, OSError) as error:
            yield _failed(source, error)


def _of(path: Path, source: str) -> Iterator[Case]:
    match read_strd(path):
        case UnivariateSet() as univariate:
            yield from _univariate(univariate, source)
        case AnovaSet() as anova:
            yield from _anova(anova, source)
        case LinearSet() as linear:
            yield from _linear(linear, source)
        case CurveSet() as curve:
            for start in range(curve.starts):
                yield from _curve(curve, start, source)


def _failed(source: str, error: Exception) -> Case:
    return Case(
        source=source,
        published="certified figures",
        obtained=str(error) or type(error).__name__,
        asked="to be read and computed",
        holds=False,
    )


def _univariate(data: UnivariateSet, source: str) -> Iterator[Case]:
    sample = describe(data.values)
    yield by_digits(f"{source}, mean", data.mean, sample.mean, _UNIVARIATE)
    yield by_digits(f"{source}, standard deviation", data.deviation, sample.deviation, _UNIVARIATE)
    if data.autocorrelation is not None:
        yield by_digits(
            f"{source}, autocorrelation at lag 1",
            data.autocorrelation,
            sample.autocorrelation,
            _UNIVARIATE,
        )


def _anova(data: AnovaSet, source: str) -> Iterator[Case]:
    table = analyse_variance(data.groups)
    for name, published in data.figures.items():
        yield _figure(f"{source}, {_WORDS[name]}", published, getattr(table, name), _ANOVA)


def _linear(data: LinearSet, source: str) -> Iterator[Case]:
    y, values = _columns(data.formula, data.parameters, data.rows)
    columns = _design(data.formula, data.parameters, values)
    fitted = _fitted(columns, y, values)
    for parameter, coefficient, deviation in zip(
        data.parameters, fitted.coefficients, fitted.deviations, strict=True
    ):
        yield by_digits(f"{source}, {parameter.name}", parameter.estimate, coefficient, _LINEAR)
        yield by_digits(
            f"{source}, standard deviation of {parameter.name}",
            parameter.deviation,
            deviation,
            _LINEAR,
        )
    for name, published in data.figures.items():
        yield _figure(f"{source}, {_WORDS[name]}", published, getattr(fitted, name), _LINEAR)
    if len(columns.T) == 2 and _has_constant(columns):
        yield from _as_line(data, columns[:, 1], y, source)


def _as_line(data: LinearSet, x: Wide, y: Wide, source: str) -> Iterator[Case]:
    """Compare the straight line that the methods fit to their curves, in doubles."""
    line = fit_line(x.astype(np.float64), y.astype(np.float64))
    intercept, slope = data.parameters
    yield by_digits(f"{source}, {intercept.name} of a line", intercept.estimate, line.intercept, 9)
    yield by_digits(f"{source}, {slope.name} of a line", slope.estimate, line.slope, 9)
    yield by_digits(
        f"{source}, standard deviation of {slope.name} of a line",
        slope.deviation,
        line.slope_deviation,
        9,
    )


def _fitted(columns: Wide, y: Wide, values: dict[str, Wide]) -> Regression:
    constant = _has_constant(columns)
    if constant and len(values) == 1:
        (x,) = values.values()
        degree = columns.shape[1] - 1
        powers = np.power(x[:, None], np.arange(degree + 1, dtype=np.longdouble))
        if degree > 0 and np.array_equal(columns, powers):
            return fit_polynomial(x, y, degree)
    return regress(columns[:, 1:] if constant else columns, y, constant=constant)


def _has_constant(columns: Wide) -> bool:
    return bool(np.all(columns[:, 0] == 1))


def _curve(data: CurveSet, start: int, source: str) -> Iterator[Case]:
    where = f"{source}, start {start + 1}"
    y, values = _columns(data.formula, data.parameters, data.rows)
    names = [parameter.name for parameter in data.parameters]
    first = [float(parameter.starts[start]) for parameter in data.parameters]
    try:
        fitted = fit_curve(_model(data.formula, names, values), y, first)
    except (ValueError, ArithmeticError) as error:
        yield _failed(where, error)
        return
    for parameter, value, deviation in zip(
        data.parameters, fitted.parameters, fitted.deviations, strict=True
    ):
        yield by_digits(f"{where}, {parameter.name}", parameter.estimate, value, _CURVE)
        yield by_digits(
            f"{where}, standard deviation of {parameter.name}",
            parameter.deviation,
            deviation,
            _CURVE,
        )
    for name in ("residual_squares", "residual_deviation"):
        published = data.residual_squares if name == "residual_squares" else data.residual_deviation
        yield by_digits(f"{where}, {_WORDS[name]}", published, getattr(fitted, name), _CURVE)


def _model(
    formula: Formula, names: Sequence[str], values: dict[str, Wide]
) -> Callable[[Wide], Wide]:
    def predicted(parameters: Wide) -> Wide:
        quantities: dict[str, Quantity] = {**values}
        quantities.update(zip(names, parameters, strict=True))
        return formula.predict(quantities)

    return predicted


def _columns(
    formula: Formula, parameters: Sequence[Parameter], rows: Sequence[Sequence[Decimal]]
) -> tuple[Wide, dict[str, Wide]]:
    """Split the data into the response, as the model's left-hand side wants it, and predictors."""
    table = np.array([[np.longdouble(str(value)) for value in row] for row in rows])
    names = predictors(formula, parameters)
    values = {name: table[:, k] for k, name in enumerate(names, start=1)}
    return formula.respond({"y": table[:, 0]}), values


def _design(formula: Formula, parameters: Sequence[Parameter], values: dict[str, Wide]) -> Wide:
    """Give what each parameter of a linear model is multiplied with."""
    rows = len(next(iter(values.values())))
    columns = []
    for chosen in parameters:
        quantities: dict[str, Quantity] = {**values}
        quantities.update((p.name, np.longdouble(p is chosen)) for p in parameters)
        columns.append(np.broadcast_to(formula.predict(quantities), rows))
    return np.column_stack(columns)


def _figure(source: str, published: str, obtained: float, least: float) -> Case:
    """Compare one figure; an infinite one by its inverse, which is zero."""
    if published != "Infinity":
        return by_digits(source, published, obtained, least)
    case = by_digits(f"{source} (its inverse)", "0", 1.0 / obtained, least)
    return replace(case, published=published, obtained=f"{obtained:.15g}")

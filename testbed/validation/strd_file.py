"""Files of the NIST Statistical Reference Datasets: what is certified, and the data it is about.

https://www.itl.nist.gov/div898/strd/ ; every file tells in its header what it is, how many
observations it holds and, for a regression, the model.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from testbed.validation.formula import Formula, read_formula

__all__ = [
    "AnovaSet",
    "CurveSet",
    "LinearSet",
    "Parameter",
    "Rows",
    "UnivariateSet",
    "predictors",
    "read_strd",
]

Rows = tuple[tuple[Decimal, ...], ...]

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[EeDd][-+]?\d+)?"
_FIGURE = rf"({_NUMBER}|Infinity)"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a model: starting values, certified estimate and standard deviation."""

    name: str
    starts: tuple[str, ...]
    estimate: str
    deviation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnivariateSet:
    """Readings of one quantity; the autocorrelation is not certified everywhere."""

    name: str
    values: tuple[Decimal, ...]
    mean: str
    deviation: str
    autocorrelation: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnovaSet:
    """Readings in groups, and the certified figures by the names of `VarianceTable`."""

    name: str
    groups: tuple[tuple[Decimal, ...], ...]
    figures: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearSet:
    """A model linear in its parameters, and the certified figures by the names of `Regression`."""

    name: str
    formula: Formula
    parameters: tuple[Parameter, ...]
    rows: Rows
    figures: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveSet:
    """A model not linear in its parameters, with the starts from which it has to be found."""

    name: str
    formula: Formula
    parameters: tuple[Parameter, ...]
    rows: Rows
    residual_squares: str
    residual_deviation: str

    @property
    def starts(self) -> int:
        """How many starting points are given."""
        return min(len(parameter.starts) for parameter in self.parameters)


def read_strd(path: Path) -> UnivariateSet | AnovaSet | LinearSet | CurveSet:
    """Read one file, of whichever kind its header says.

    Raises
    ------
    ValueError
        No kind that is known, or a figure or a row of data that should be there and is not.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    if re.search(r"Analysis of Variance\s*$", _procedure(text)):
        return _anova(path.stem, text)
    if "Nonlinear" in _procedure(text):
        return _curve(path.stem, text)
    if "Linear" in _procedure(text):
        return _linear(path.stem, text)
    if re.search(r"^\s*Sample Mean\b", text, re.MULTILINE):
        return _univariate(path.stem, text)
    raise ValueError("the header names no procedure that is known")


def _procedure(text: str) -> str:
    found = re.search(r"^\s*Procedure:(.*)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def _univariate(name: str, text: str) -> UnivariateSet:
    rows = _rows(text, _observations(text), widths=(1,))
    lag = re.search(rf"^\s*Sample Autocorrelation[^\n]*:\s*{_FIGURE}", text, re.MULTILINE)
    return UnivariateSet(
        name=name,
        values=tuple(row[0] for row in rows),
        mean=_figure(text, rf"^\s*Sample Mean\b[^\n]*:\s*{_FIGURE}"),
        deviation=_figure(text, rf"^\s*Sample Standard Dev[^\n]*:\s*{_FIGURE}"),
        autocorrelation=lag[1] if lag else None,
    )


def _anova(name: str, text: str) -> AnovaSet:
    treatments, observations = int(_figure(text, r"(\d+)\s+Treatments")), _observations(text)
    between = _several(
        text, rf"^\s*Between\s[^\n]*?\s(\d+)\s+{_FIGURE}\s+{_FIGURE}\s+{_FIGURE}\s*$"
    )
    within = _several(text, rf"^\s*Within\s[^\n]*?\s(\d+)\s+{_FIGURE}\s+{_FIGURE}\s*$")
    return AnovaSet(
        name=name,
        groups=_groups(text, treatments, observations),
        figures={
            "between_freedom": between[0],
            "between_squares": between[1],
            "between_mean_square": between[2],
            "f_statistic": between[3],
            "within_freedom": within[0],
            "within_squares": within[1],
            "within_mean_square": within[2],
            "r_squared": _figure(text, rf"R-Squared\s+{_FIGURE}"),
            "residual_deviation": _figure(text, rf"Residual\s+Standard Deviation\s+{_FIGURE}"),
        },
    )


def _groups(text: str, treatments: int, observations: int) -> tuple[tuple[Decimal, ...], ...]:
    """Read a table with a column each treatment, or rows of a treatment and a reading."""
    rows = _trailing(text)
    replicates = observations // treatments
    table = rows[-replicates:]
    # The numbers that head the columns of a table are a row of numbers too.
    if len(rows) - len(table) <= 1 and all(len(row) == treatments for row in rows):
        if len(table) * treatments != observations:
            raise ValueError(f"{len(table)} rows of {treatments}, {observations} readings expected")
        return tuple(zip(*table, strict=True))
    rows = _rows(text, observations, widths=(2,))
    names = list(dict.fromkeys(row[0] for row in rows))
    if len(names) != treatments:
        raise ValueError(f"{len(names)} treatments among the data, {treatments} in the header")
    return tuple(tuple(row[1] for row in rows if row[0] == named) for named in names)


def _linear(name: str, text: str) -> LinearSet:
    line = re.compile(rf"^\s*(B\d+)\s+{_FIGURE}\s+{_FIGURE}\s*$", re.MULTILINE | re.IGNORECASE)
    parameters = tuple(Parameter(row[1], (), row[2], row[3]) for row in line.finditer(text))
    regression = _several(text, rf"^\s*Regression\s+(\d+)\s+{_FIGURE}\s+{_FIGURE}\s+{_FIGURE}\s*$")
    residual = _several(text, rf"^\s*Residual\s+(\d+)\s+{_FIGURE}\s+{_FIGURE}\s*$")
    formula = _formula(text, parameters)
    return LinearSet(
        name=name,
        formula=formula,
        parameters=parameters,
        rows=_rows(text, _observations(text), widths=(1 + len(predictors(formula, parameters)),)),
        figures={
            "residual_deviation": _figure(text, rf"Residual\s+Standard Deviation\s+{_FIGURE}"),
            "r_squared": _figure(text, rf"R-Squared\s+{_FIGURE}"),
            "regression_freedom": regression[0],
            "regression_squares": regression[1],
            "regression_mean_square": regression[2],
            "f_statistic": regression[3],
            "residual_freedom": residual[0],
            "residual_squares": residual[1],
            "residual_mean_square": residual[2],
        },
    )


def _curve(name: str, text: str) -> CurveSet:
    line = re.compile(rf"^\s*(b\d+)\s*=((?:\s+{_NUMBER}){{3,}})\s*$", re.MULTILINE | re.IGNORECASE)
    parameters = []
    for row in line.finditer(text):
        *starts, estimate, deviation = row[2].split()
        parameters.append(Parameter(row[1], tuple(starts), estimate, deviation))
    formula = _formula(text, parameters)
    return CurveSet(
        name=name,
        formula=formula,
        parameters=tuple(parameters),
        rows=_rows(text, _observations(text), widths=(1 + len(predictors(formula, parameters)),)),
        residual_squares=_figure(text, rf"Residual Sum of Squares:\s*{_FIGURE}"),
        residual_deviation=_figure(text, rf"Residual Standard Deviation:\s*{_FIGURE}"),
    )


def _formula(text: str, parameters: Sequence[Parameter]) -> Formula:
    declared = int(_figure(text, r"^\s*(\d+)\s+Parameters?\b"))
    if len(parameters) != declared:
        raise ValueError(f"{len(parameters)} parameters certified, {declared} in the header")
    block = re.search(
        r"^Model:(.*?)^[^\n]*(?:Starting|Certified)\b",
        text,
        re.MULTILINE | re.DOTALL | re.IGNORECASE,
    )
    if block is None:
        raise ValueError("no model in the header")
    formula = read_formula(block[1])
    unused = {parameter.name for parameter in parameters} - formula.names
    if unused:
        raise ValueError(f"the model is without {', '.join(sorted(unused))}: {formula.text}")
    return formula


def predictors(formula: Formula, parameters: Sequence[Parameter]) -> tuple[str, ...]:
    """Name the predictors of a model in the order of the columns of the data (x, or x1, x2, …)."""
    names = formula.names - {parameter.name for parameter in parameters}
    return tuple(sorted(names, key=lambda name: (len(name), name)))


def _observations(text: str) -> int:
    found = re.search(r"Number of Observations:\s*(\d+)", text) or re.search(
        r"^\s*(?:Data:\s*)?(\d+)\s+Observations", text, re.MULTILINE
    )
    if found is None:
        raise ValueError("no number of observations in the header")
    return int(found[1])


def _rows(text: str, count: int, widths: Sequence[int]) -> Rows:
    rows = _trailing(text)
    if len(rows) != count or any(len(row) not in widths for row in rows):
        shapes = sorted({len(row) for row in rows})
        raise ValueError(
            f"{len(rows)} rows of {shapes} numbers, {count} of {list(widths)} expected"
        )
    return rows


def _trailing(text: str) -> Rows:
    """Read the rows of numbers at the end of the file, blank lines among them left out."""
    rows = []
    for line in reversed(text.splitlines()):
        if not line.strip():
            continue
        try:
            rows.append(tuple(_decimal(word) for word in line.split()))
        except InvalidOperation:
            break
    return tuple(rows[::-1])


def _decimal(word: str) -> Decimal:
    number = Decimal(word.replace("D", "E").replace("d", "e"))
    if not number.is_finite():
        raise InvalidOperation(word)
    return number


def _figure(text: str, pattern: str) -> str:
    return _several(text, pattern)[0]


def _several(text: str, pattern: str) -> tuple[str, ...]:
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        raise ValueError(f"not found in the header: {pattern}")
    return tuple(figure.replace("D", "E") for figure in found.groups())

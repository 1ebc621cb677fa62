"""NIST Statistical Reference Datasets: every certified figure, from what the header says.

https://www.itl.nist.gov/div898/strd/ ; certified values stand in each file's header.
"""

import re
from collections import defaultdict

import numpy as np
import pytest

from testbed.evaluation import fit_linear, fit_polynomial
from testbed.evaluation.statistics import describe
from testbed.validation import strd
from testbed.validation.cases import by_digits
from testbed.validation.strd_file import CurveSet, LinearSet, read_strd
from tests.norms.reference import reference

# What a double loses even so: residuals of Lanczos1 are a thousand of its roundings.
NARROW = {"Lanczos1", "Wampler5"} if np.finfo(np.longdouble).eps > 1e-18 else set()


@pytest.fixture(scope="module")
def by_file():
    folder = reference("nist_strd", "Norris.dat").parents[1]
    found = defaultdict(list)
    for case in strd.cases(folder):
        found[re.match(r"NIST StRD (\w+)", case.source)[1]].append(case)
    return found


def files():
    return sorted(reference("nist_strd", "Norris.dat").parent.glob("*.dat"))


def digits(case):
    return float(case.reached.split()[0])


def linear(name):
    data = read_strd(reference("nist_strd", f"{name}.dat"))
    table = np.array(data.rows, dtype=np.float64)
    certified = [(p.estimate, p.deviation) for p in data.parameters]
    return certified, table[:, 0], table[:, 1:]


def fewest(certified, coefficients, deviations):
    return min(
        digits(by_digits("", published, got, 0.0))
        for pair, both in zip(certified, zip(coefficients, deviations, strict=True), strict=True)
        for published, got in zip(pair, both, strict=True)
    )


def test_every_certified_figure_of_every_file_is_reached(by_file):
    missed = [case for name, cases in by_file.items() if name not in NARROW for case in cases]
    assert [case for case in missed if not case.holds] == []


def test_no_file_is_passed_over(by_file):
    assert sorted(by_file) == [path.stem for path in files()]
    for path in files():
        data = read_strd(path)
        if isinstance(data, CurveSet):
            figures = data.starts * (2 * len(data.parameters) + 2)
            assert data.starts == 2
        elif isinstance(data, LinearSet):
            straight = [p.name for p in data.parameters] == ["B0", "B1"]
            figures = 2 * len(data.parameters) + 9 + 3 * straight
        else:
            figures = (
                len(data.figures) if hasattr(data, "figures") else 2 + bool(data.autocorrelation)
            )
        assert len(by_file[path.stem]) == figures


def test_curves_are_reached_to_six_digits_from_both_starts(by_file):
    fewest = {
        case.source: digits(case)
        for name, cases in by_file.items()
        for case in cases
        if ", start" in case.source and name not in NARROW
    }
    assert min(fewest.values()) >= 6.0
    assert {source[-1:] for source in re.findall(r"start \d", " ".join(fewest))} == {"1", "2"}


def test_data_read_as_decimals_keep_fourteen_digits_of_their_variance(by_file):
    named = [name for name in by_file if name.startswith(("SmLs", "AtmWt", "SiRst", "NumAcc"))]
    for name in named:
        assert min(digits(case) for case in by_file[name]) >= 14.0


@pytest.mark.parametrize(
    ("name", "degree", "least"),
    [("Norris", 1, 12.5), ("Wampler1", 5, 9), ("Wampler2", 5, 12), ("Longley", 1, 12.5)],
)
def test_columns_in_doubles_reach_the_certified_digits(name, degree, least):
    certified, y, x = linear(name)
    columns = np.hstack([x**k for k in range(1, degree + 1)])
    assert fewest(certified, *fit_linear(columns, y)) >= least - 3 * bool(NARROW)


@pytest.mark.parametrize(("name", "degree"), [("Norris", 1), ("Wampler1", 5), ("Wampler2", 5)])
def test_a_polynomial_in_doubles_reaches_the_certified_digits(name, degree):
    certified, y, x = linear(name)
    fitted = fit_polynomial(x[:, 0], y, degree)
    assert fewest(certified, fitted.coefficients, fitted.deviations) >= 9


@pytest.mark.parametrize("name", ["NoInt1", "NoInt2"])
def test_regression_through_the_origin_reaches_the_certified_digits(name):
    certified, y, x = linear(name)
    assert fewest(certified, *fit_linear(x, y, constant=False)) >= 13


@pytest.mark.parametrize(("name", "least"), [("NumAcc1", 15), ("NumAcc2", 13), ("Mavro", 11)])
def test_readings_in_doubles_keep_what_a_double_holds(name, least):
    data = read_strd(reference("nist_strd", f"{name}.dat"))
    sample = describe([float(value) for value in data.values])
    assert digits(by_digits("", data.deviation, sample.deviation, 0)) >= least
    assert digits(by_digits("", data.autocorrelation, sample.autocorrelation, 0)) >= least - 1

"""NIST Statistical Reference Datasets: regression to at least nine digits.

https://www.itl.nist.gov/div898/strd/ ; certified values stand in each file's header.
"""

import math
import re

import numpy as np
import pytest

from testbed.evaluation import fit_line, fit_linear
from tests.norms.reference import reference

_COEFFICIENT = re.compile(r"^\s*B(\d+)\s+(\S+)\s+(\S+)\s*$", re.MULTILINE)


def dataset(name):
    text = reference("nist_strd", f"{name}.dat").read_text(encoding="utf-8")
    certified = np.array([(float(b), float(s)) for _, b, s in _COEFFICIENT.findall(text)])
    rows = []
    for line in reversed(text.splitlines()):
        try:
            row = [float(word) for word in line.split()]
        except ValueError:
            break
        if row:
            rows.append(row)
    data = np.array(rows[::-1])
    return certified[:, 0], certified[:, 1], data[:, 0], data[:, 1:]


def digits(got, certified):
    return min(
        15.0 if g == c else -math.log10(abs(g - c) / (abs(c) or 1.0))
        for g, c in zip(got, certified, strict=True)
    )


@pytest.mark.parametrize(
    ("name", "degree", "least"),
    [("Norris", 1, 11), ("Longley", 1, 9), ("Wampler1", 5, 7), ("Wampler2", 5, 9)],
)
def test_regression_reaches_the_certified_digits(name, degree, least):
    b, deviation, y, x = dataset(name)
    columns = np.hstack([x**k for k in range(1, degree + 1)])
    got, spread = fit_linear(columns, y)
    assert digits(got, b) >= least
    if np.all(deviation > 0):
        assert digits(spread, deviation) >= least - 2


@pytest.mark.parametrize("name", ["NoInt1", "NoInt2"])
def test_regression_through_the_origin_reaches_the_certified_digits(name):
    b, deviation, y, x = dataset(name)
    got, spread = fit_linear(x, y, constant=False)
    assert digits(got, b) >= 13
    assert digits(spread, deviation) >= 11


def test_a_line_reaches_the_certified_digits_of_norris():
    b, deviation, y, x = dataset("Norris")
    line = fit_line(x[:, 0], y)
    assert digits((line.intercept, line.slope), b) >= 11
    assert digits((line.slope_deviation,), deviation[1:]) >= 11
    assert line.r_squared == pytest.approx(0.999993745883712, rel=1e-12)

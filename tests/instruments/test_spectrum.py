"""Areas under break points against numerical integration, and the case that has no closed form."""

from math import log, pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.spectrum import effective

densities = st.floats(1e-3, 1e2)


@given(st.lists(densities, min_size=2, max_size=6), st.integers(0, 2))
def test_it_is_the_root_of_the_area(levels: list[float], integrated: int):
    points = [(10.0 * 2.0**place, level) for place, level in enumerate(levels)]
    lines = np.geomspace(points[0][0], points[-1][0], 20_001)
    logs = np.interp(np.log(lines), np.log([f for f, _ in points]), np.log(levels))
    area = np.trapezoid(np.exp(logs) / (2 * pi * lines) ** (2 * integrated), lines)
    assert effective(points, integrated=integrated) == pytest.approx(sqrt(area), rel=1e-5)


def test_a_flat_spectrum_is_a_rectangle():
    assert effective([(20.0, 0.5), (2000.0, 0.5)]) == pytest.approx(sqrt(0.5 * 1980.0))


def test_3_db_down_per_octave_is_a_logarithm():
    # S = 1/f has the area ln 100 between 20 Hz and 2000 Hz.
    points = [(20.0, 1 / 20.0), (2000.0, 1 / 2000.0)]
    assert effective(points) == pytest.approx(sqrt(log(100.0)), rel=1e-9)

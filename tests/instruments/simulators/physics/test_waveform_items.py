"""What an oscilloscope works out of a record, against signals whose values are known."""

from math import pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.simulators.waveform import sample
from instruments.simulators.waveform_items import ITEMS, worked_out

STEP = 1e-6
TIMES = np.arange(5000) * STEP


def of(item: str, kind: str, hertz: float = 1e3, duty: float = 0.5) -> float | None:
    return worked_out(item, sample(kind, hertz, 2.0, 0.5, 30.0, duty, TIMES), STEP)


@pytest.mark.parametrize(
    ("item", "expected"),
    [("pp", 2.0), ("max", 1.5), ("min", -0.5), ("top", 1.5), ("base", -0.5), ("mean", 0.5),
     ("rms", sqrt(0.5**2 + 1.0 / 2)), ("frequency", 1e3), ("period", 1e-3)],
)  # fmt: skip
def test_of_a_sine(item: str, expected: float):
    assert of(item, "sine") == pytest.approx(expected, rel=1e-3)


def test_the_rise_of_a_sine_lies_between_a_tenth_and_nine_tenths():
    # From -0.8 to 0.8 of its amplitude: twice the arc sine of 0.8.
    assert of("rise", "sine") == pytest.approx(2 * np.arcsin(0.8) / (2 * pi) * 1e-3, rel=1e-3)
    assert of("fall", "sine") == pytest.approx(of("rise", "sine"), rel=1e-3)


@given(st.floats(0.1, 0.9), st.floats(700.0, 9e3))
def test_shares_and_widths_of_a_square(duty: float, hertz: float):
    assert of("duty", "square", hertz, duty) == pytest.approx(duty, abs=2.5 * STEP * hertz)
    assert of("gap duty", "square", hertz, duty) == pytest.approx(1 - duty, abs=2.5 * STEP * hertz)
    assert of("width", "square", hertz, duty) == pytest.approx(duty / hertz, abs=2.5 * STEP)


def test_noise_on_an_edge_is_no_period():
    slow = sample("sine", 1e3, 2.0, 0.0, 0.0, 0.5, TIMES)
    noisy = slow + np.random.default_rng(1).normal(0.0, 0.05, slow.shape)
    assert worked_out("frequency", noisy, STEP) == pytest.approx(1e3, rel=1e-2)


def test_what_the_record_does_not_show_is_not_worked_out():
    # Half a period shows neither a period nor a duty.
    assert of("period", "sine", 100.0) is None
    assert of("duty", "sine", 100.0) is None
    assert worked_out("frequency", np.zeros(100), STEP) is None
    assert all(worked_out(item, np.zeros(1), STEP) is None for item in ITEMS)

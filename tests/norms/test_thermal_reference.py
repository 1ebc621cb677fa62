"""A real air-bath log of 38 h (tin-/tckit, MIT): dwells judged by the specimen's own sensor."""

from datetime import datetime

import numpy as np
import pytest

from testbed.evaluation.dwell import highest_rate, time_inside
from tests.norms.reference import numbers, reference

LOG = ("thermal", "hp3458abx_hp34420a_tcsweep_1vdc_nplc100_test2_oct2024.dsv")


@pytest.fixture(scope="module")
def log():
    path = reference(*LOG)
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    stamps = [
        datetime.strptime(line.split(";", 1)[0], "%d/%m/%Y-%H:%M:%S")  # noqa: DTZ007
        for line in lines
    ]
    time = np.array([(s - stamps[0]).total_seconds() for s in stamps])
    specimen, control, set_point = numbers(path, [8, 28, 31], delimiter=";")
    return time, specimen + 1.0, control, set_point  # the author adds 1.0 degC


def dwells(time, set_point):
    """Stretches of constant set-point that last at least half an hour."""
    edges = np.flatnonzero(np.abs(np.diff(set_point)) > 1e-6) + 1
    for rows in np.split(np.arange(len(time)), edges):
        if time[rows[-1]] - time[rows[0]] >= 1800.0:
            yield rows


def test_the_dwells_are_found_with_their_largest_deviations(log):
    time, specimen, _, set_point = log
    found = [
        (
            round(float(set_point[r[0]])),
            (time[r[-1]] - time[r[0]]) / 60.0,
            float(np.max(np.abs(specimen[r] - set_point[r]))),
        )
        for r in dwells(time, set_point)
    ]
    assert [f[0] for f in found] == [23, 35, 23, 18]
    assert [f[1] for f in found] == pytest.approx([167.4, 167.1, 334.9, 167.8], abs=0.4)
    assert [f[2] for f in found] == pytest.approx([0.055, 1.062, 0.406, 0.391], abs=0.002)


def test_two_kelvin_pass_and_one_kelvin_fails_in_one_dwell_only(log):
    time, specimen, control, set_point = log
    short = []
    for rows in dwells(time, set_point):
        whole = time[rows[-1]] - time[rows[0]]
        deviation = specimen[rows] - set_point[rows]
        assert time_inside(time[rows], deviation, 2.0, 63.0) == pytest.approx(whole)
        if time_inside(time[rows], deviation, 1.0, 63.0) < whole:
            short.append(round(float(set_point[rows[0]])))
        # Judged by the control sensor alone, every dwell would pass.
        assert np.max(np.abs(control[rows] - set_point[rows])) < 1.0
    assert short == [35]


def test_the_ramps_have_the_rates_of_the_set_point(log):
    time, _, _, set_point = log
    rate = highest_rate(time, set_point, 3600.0, 63.0)
    assert rate is not None
    assert rate * 60.0 == pytest.approx(0.0269, abs=0.0005)

"""Published tensile results, from records as the load frame would deliver them.

Sources: bezborodow/stress-strain (public domain), DuncanWilliamGibbons/tensile-analyzer (MIT),
lucasguesserts/mechanical_testing (MIT); values from ``reference/SOURCES.md``.
"""

import math

import numpy as np
import pytest

from tests.norms.reference import numbers, reference
from tests.testbed.evaluation.curves import codes, evaluate, record


def delivered(time, force, extension, travel, **parameters):
    """Evaluate at the frame's resolution: 0.5 N and 0.0001 mm."""
    force = np.round(force / 0.5) * 0.5
    extension, travel = (np.round(x / 1e-4) * 1e-4 for x in (extension, travel))
    return evaluate(record(force, extension, time=time, travel=travel), **parameters)


def value(found, name):
    return found.values[name].value


@pytest.fixture
def st1594():
    path = reference("tensile", "bezborodow", "St1594.csv")
    time, travel, force, strain = numbers(path, [0, 1, 2, 3])
    return delivered(time, force, strain * 50.0, travel, s0=33.93, l0=50.0)


@pytest.fixture
def uiuc():
    path = reference("tensile", "gibbons_uiuc", "Steel_1045_Normalized_1_Formatted.csv")
    time, travel, force, strain = numbers(path, [0, 1, 2, 3])
    return delivered(
        time, force * 1e3, strain * 25.4, travel, s0=math.pi / 4 * 7.13**2, l0=25.4, lu=32.3
    )


def test_st1594_has_the_published_strength(st1594):
    assert value(st1594, "rm") == pytest.approx(497.0183, abs=0.02)


def test_st1594_has_the_proof_strength_of_an_independent_evaluation(st1594):
    assert value(st1594, "rp02") == pytest.approx(326.35, rel=0.002)
    assert value(st1594, "rp02") == pytest.approx(327.83, rel=0.01)  # as published


def test_st1594_yields_gradually_and_its_modulus_is_not_accepted(st1594):
    assert st1594.values["reh"].reason == "reason.no-yield-point"
    assert value(st1594, "e_modulus") == pytest.approx(159.83, rel=0.03)
    assert "modulus-not-accepted" in codes(st1594)


def test_al5005_has_the_strength_of_its_force_not_of_its_stress_column():
    path = reference("tensile", "bezborodow", "Al5005.csv")
    time, travel, force, strain = numbers(path, [0, 1, 2, 3])
    found = delivered(time, force, strain * 50.0, travel, s0=35.7, l0=50.0)
    # 7143.34 N on 35.7 mm2; the file's own stress column, 198.43 MPa, used a stale area.
    assert value(found, "rm") == pytest.approx(200.09, abs=0.02)
    assert found.values["reh"].reason == "reason.no-yield-point"


def test_uiuc_1045_has_the_published_strength_and_elongation(uiuc):
    assert value(uiuc, "fm") == pytest.approx(29430.0, abs=0.5)
    assert value(uiuc, "rm") == pytest.approx(737.11, abs=0.03)
    assert value(uiuc, "a") == pytest.approx(27.17, abs=0.01)


def test_uiuc_1045_has_the_yield_points_without_the_initial_transient(uiuc):
    assert value(uiuc, "reh") == pytest.approx(523.70, abs=0.05)
    assert value(uiuc, "rel") == pytest.approx(494.90, abs=0.05)
    ignored = {f.code: f for f in uiuc.findings}["transient-ignored"]
    assert ignored.values["stress"] == pytest.approx(495.65, abs=0.05)


def test_uiuc_1045_has_its_extension_at_maximum_force_in_the_middle_of_the_flat_top(uiuc):
    assert value(uiuc, "agt") == pytest.approx(12.945, abs=0.005)


def test_uiuc_1045_has_the_modulus_and_proof_strength_of_an_independent_evaluation(uiuc):
    assert value(uiuc, "e_modulus") == pytest.approx(184.5, rel=0.01)
    assert value(uiuc, "e_slope_deviation") == pytest.approx(0.50, abs=0.05)
    assert value(uiuc, "rp02") == pytest.approx(497.55, abs=0.1)


def test_guesser_1045_has_the_published_strength_and_the_computed_proof_strength():
    path = reference("tensile", "lucasguesserts", "tensile_steel_1045.csv")
    time, extension, force = numbers(path, [0, 1, 2])
    found = delivered(
        time, force, extension * 1e3, extension * 1.5e3, s0=math.pi / 4 * 100.0, l0=75.0
    )
    assert value(found, "fm") == pytest.approx(74715.3, abs=0.5)
    assert value(found, "rm") == pytest.approx(951.30, abs=0.02)
    assert value(found, "rp02") == pytest.approx(763.83, rel=0.001)
    assert value(found, "rp02") == pytest.approx(765.22, rel=0.005)  # as published
    assert value(found, "e_modulus") == pytest.approx(249.5, rel=0.005)


def test_guesser_1045_by_the_crosshead_gives_no_modulus():
    path = reference(
        "tensile", "lucasguesserts", "tensile_steel_1045_deformation_using_machine.csv"
    )
    time, extension, force = numbers(path, [0, 1, 2])
    found = delivered(
        time, force, extension * 1e3, extension * 1e3, s0=math.pi / 4 * 100.0, l0=75.0
    )
    assert "modulus-from-crosshead" in codes(found)
    assert found.values["e_modulus"].reason == "reason.crosshead"
    assert value(found, "rm") == pytest.approx(force.max() / (math.pi / 4 * 100.0), rel=1e-5)

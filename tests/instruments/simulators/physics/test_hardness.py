"""Hardness against ISO 6507-1, ISO 6508-1 and ISO 18265."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.simulators.hardness import (
    HardnessModel,
    Indenter,
    diagonal,
    rockwell,
    vickers,
)

EXACT = {"spread": 0.0, "reading": 0.0}


def test_the_formula_is_that_of_the_standard():
    # ISO 6507-4, table for HV 10 (98.07 N): d = 0.278 mm is 240 HV, d = 0.200 mm is 464 HV.
    assert vickers(98.07, 0.278) == pytest.approx(240.0, abs=0.5)
    assert vickers(98.07, 0.200) == pytest.approx(464.0, abs=0.5)


@given(st.floats(1.0, 1000.0), st.floats(20.0, 1500.0))
def test_the_diagonal_undoes_the_hardness(force, hardness):
    assert vickers(force, diagonal(force, hardness)) == pytest.approx(hardness)


@given(st.floats(9.8, 981.0), st.floats(100.0, 900.0))
def test_a_faultless_point_reads_its_hardness_within_the_resolution(force, hardness):
    first, second = Indenter(HardnessModel(hardness=hardness, **EXACT), 1).indent(force, 14.0)
    assert first == second
    step = 2 * hardness * 0.5e-4 / diagonal(force, hardness)
    assert vickers(force, first) == pytest.approx(hardness, abs=1.1 * step)


def test_readings_have_steps_of_a_tenth_of_a_micrometre():
    for value in Indenter(HardnessModel(), 3).indent(98.07, 14.0):
        assert value * 1e4 == pytest.approx(round(value * 1e4), abs=1e-6)


def test_points_scatter_as_the_model_says():
    indenter = Indenter(HardnessModel(hardness=240.0, spread=4.0, reading=1e-5), 11)
    found = [
        vickers(98.07, sum(indenter.indent(98.07, 14.0)) / 2) for _ in range(4000)
    ]  # fmt: skip
    assert np.mean(found) == pytest.approx(240.0, abs=0.3)
    assert np.std(found) == pytest.approx(4.0, rel=0.05)


@given(st.floats(1.0, 13.0))
def test_a_short_dwell_finds_a_harder_metal(dwell):
    indenter = Indenter(HardnessModel(**EXACT), 1)
    assert indenter.indent(981.0, dwell) <= indenter.indent(981.0, 14.0)


def test_a_gradient_moves_the_hardness_with_the_place():
    indenter = Indenter(HardnessModel(hardness=700.0, gradient=-200.0, **EXACT), 1)
    assert vickers(98.07, indenter.indent(98.07, 14.0, 1.0)[0]) == pytest.approx(500.0, rel=2e-3)
    with pytest.raises(ValueError, match="metal is left"):
        indenter.indent(98.07, 14.0, 10.0)


def test_a_tilted_surface_has_unequal_diagonals():
    first, second = Indenter(HardnessModel(asymmetry=0.05, **EXACT), 1).indent(98.07, 14.0)
    assert first / second == pytest.approx(1.05, rel=2e-3)


def test_a_seed_repeats_its_points():
    one, two = (Indenter(HardnessModel(), 5) for _ in range(2))
    assert [one.indent(98.07, 14.0) for _ in range(5)] == [
        two.indent(98.07, 14.0) for _ in range(5)
    ]
    assert one.indent(98.07, 14.0) != Indenter(HardnessModel(), 6).indent(98.07, 14.0)


@pytest.mark.parametrize(("hv", "hrc"), [(240, 20.3), (300, 29.8), (513, 50.0), (700, 60.1)])
def test_rockwell_is_that_of_the_conversion_table(hv, hrc):
    assert rockwell(hv) == pytest.approx(hrc, abs=0.15)
    assert Indenter(HardnessModel(hardness=hv, **EXACT), 1).hrc() == pytest.approx(hrc, abs=0.2)


@given(st.floats(240.0, 939.0), st.floats(0.01, 1.0))
def test_a_harder_metal_has_the_higher_rockwell_value(hardness, more):
    assert rockwell(hardness) < rockwell(min(hardness + more, 940.0))


def test_refusals_name_what_is_accepted():
    with pytest.raises(ValueError, match="240 to 940 HV"):
        rockwell(150.0)
    with pytest.raises(ValueError, match="above 0"):
        Indenter(HardnessModel(), 1).indent(0.0, 14.0)
    with pytest.raises(ValueError, match="a tenth of hardness"):
        HardnessModel(hardness=100.0, spread=20.0)
    with pytest.raises(ValueError, match=r"-0\.5 and 0\.5"):
        HardnessModel(asymmetry=0.9)
    with pytest.raises(ValueError, match="above 0"):
        HardnessModel(hardness=0.0)

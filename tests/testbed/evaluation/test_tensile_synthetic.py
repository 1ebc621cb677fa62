"""Tensile evaluation against curves whose truth is known in closed form."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.testbed.evaluation.curves import (
    L0,
    S0,
    bilinear,
    codes,
    evaluate,
    lueders,
    measured,
    necking,
    ramberg_osgood,
    record,
)

SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def value(evaluation, name):
    return evaluation.values[name].value


@SLOW
@given(
    modulus=st.floats(45e3, 410e3),
    strain_at_yield=st.floats(0.0008, 0.004),
    hardening=st.floats(0.001, 0.02),
)
def test_rp02_of_a_bilinear_curve_is_the_closed_form(modulus, strain_at_yield, hardening):
    stress, strain, truth = bilinear(modulus, modulus * strain_at_yield, modulus * hardening)
    found = measured(stress, strain)
    assert value(found, "rp02") == pytest.approx(truth, rel=5e-4)
    # The resolution of the extension beats with its steps; that alone can move E by 0.4 %.
    assert value(found, "e_modulus") == pytest.approx(modulus / 1e3, rel=5e-3)
    assert value(found, "reh") is None


@SLOW
@given(
    modulus=st.floats(60e3, 210e3),
    sigma=st.floats(150.0, 900.0),
    exponent=st.floats(5.0, 40.0),
    noise=st.floats(0.0, 4.0),
    seed=st.integers(0, 99),
)
def test_rp02_of_a_ramberg_osgood_curve_is_sigma(modulus, sigma, exponent, noise, seed):
    stress, strain = ramberg_osgood(modulus, sigma, exponent)
    found = measured(stress, strain, noise=noise, seed=seed)
    # Below n = 8 nothing is straight: at half of sigma the plastic strain is 5 % of the elastic.
    assert value(found, "rp02") == pytest.approx(sigma, rel=6e-3 if exponent >= 8 else 0.02)
    assert found.values["reh"].reason == "reason.no-yield-point"


def test_an_exact_ramberg_osgood_curve_gives_sigma_closely():
    # n = 25 leaves the usual window straight to 1e-9.
    found = measured(*ramberg_osgood(200e3, 400.0, 25.0), resolution=0)
    assert value(found, "rp02") == pytest.approx(400.0, rel=1e-4)


@pytest.mark.parametrize("noise", [0.0, 2.0, 8.0])
def test_yield_points_of_a_lueders_curve_ignore_the_initial_transient(noise):
    stress, strain, lowest = lueders()
    found = measured(*necking(stress, strain), noise=noise)
    # Noise of 8 N on 40 mm2 is 0.2 MPa; extremes of it reach 4 standard deviations.
    allowed = 0.02 + 4.5 * noise / S0
    assert value(found, "reh") == pytest.approx(320.0, abs=allowed)
    assert value(found, "rel") == pytest.approx(lowest, abs=allowed)
    assert value(found, "rm") == pytest.approx(450.0, abs=allowed)
    assert "transient-ignored" in codes(found)


def test_a_single_minimum_followed_by_hardening_is_the_lower_yield_point():
    modulus, e0 = 210e3, 320.0 / 210e3
    elastic = np.linspace(0.0, e0, 300)
    down = np.linspace(e0, e0 + 0.004, 100)[1:]
    up = np.linspace(down[-1], 0.10, 2000)[1:]
    stress = np.concatenate(
        (modulus * elastic, np.linspace(320, 300, 100)[1:], 300 + 3e3 * (up - up[0]))
    )
    found = measured(stress, np.concatenate((elastic, down, up)))
    assert value(found, "reh") == pytest.approx(320.0, abs=0.05)
    assert value(found, "rel") == pytest.approx(300.0, abs=0.05)
    assert "transient-ignored" not in codes(found)


def test_with_an_upper_yield_above_all_else_the_maximum_is_that_after_yielding():
    stress, strain, _ = lueders(upper=470.0, transient=270.0, plateau=285.0)
    found = measured(*necking(stress, strain))
    assert value(found, "reh") == pytest.approx(470.0, abs=0.05)
    assert value(found, "rm") == pytest.approx(450.0, abs=0.05)
    assert "upper-yield-above-maximum" in codes(found)


def test_necking_of_a_hardly_strained_piece_is_no_yield_point():
    stress, strain = ramberg_osgood(200e3, 800.0, 40.0, top=1.05)
    found = measured(*necking(stress, strain, length=0.02))
    assert value(found, "reh") is None
    assert value(found, "rm") == pytest.approx(840.0, abs=0.05)


def test_serrated_flow_is_no_yield_point():
    stress, strain = ramberg_osgood(70e3, 140.0, 8.0, top=1.6)
    serration = np.where((strain > 0.008) & (np.arange(len(strain)) % 40 < 4), -3.0, 0.0)
    assert value(measured(stress + serration, strain), "reh") is None


@SLOW
@given(slack=st.floats(0.0, 0.0015), toe=st.floats(0.0, 0.12))
def test_slack_and_a_toe_move_the_origin_but_not_the_results(slack, toe):
    stress, strain, truth = bilinear()
    # A toe: the strain lags by a curve that has died away at `toe` of the yield stress.
    lag = slack * np.clip(stress / max(toe * 300.0, 1e-6), 0.0, 1.0) ** 0.5
    found = measured(stress, strain + lag)
    assert value(found, "rp02") == pytest.approx(truth, rel=2e-3)
    assert value(found, "e_modulus") == pytest.approx(200.0, rel=0.02)
    assert value(found, "agt") == pytest.approx(10.0, abs=0.02)


def test_a_slip_of_the_extensometer_below_the_window_is_searched_around():
    stress, strain, truth = bilinear()
    slipped = strain + np.where(stress > 75.0, 2e-4, 0.0)
    found = measured(stress, slipped)
    assert value(found, "e_modulus") == pytest.approx(200.0, rel=5e-3)
    assert value(found, "rp02") == pytest.approx(truth, rel=2e-3)


def test_a_soft_metal_that_yields_far_below_its_strength_finds_its_straight_part():
    # The usual window, up to 40 % of Rm, lies wholly in the plastic range here.
    stress, strain, truth = bilinear(120e3, 60.0, 900.0, end=0.30, rows=6000)
    found = measured(stress, strain)
    assert value(found, "e_modulus") == pytest.approx(120.0, rel=0.02)
    assert value(found, "rp02") == pytest.approx(truth, rel=5e-3)


def test_elongation_comes_from_the_halves_where_they_were_measured():
    stress, strain = necking(*ramberg_osgood()[:2])
    assert value(measured(stress, strain, lu=61.0), "a") == pytest.approx(22.0)


def test_elongation_from_the_record_leaves_the_elastic_part_out():
    stress, strain = necking(*ramberg_osgood(), fall=0.6)
    peak = strain[-405]
    found = measured(stress, strain)
    # The last row of the neck: plastic strain is total strain less stress over E.
    expected = peak + 0.05 - 0.6 * 520.0 / 200e3
    assert value(found, "a") == pytest.approx(100 * expected, abs=0.02)
    assert any(c.code == "fracture" for c in found.constructions)


def test_without_fracture_there_is_no_elongation():
    found = measured(*ramberg_osgood())
    assert found.values["a"].reason == "reason.no-fracture"


def test_extension_at_maximum_force_is_taken_in_the_middle_of_a_flat_top():
    stress, strain, _ = bilinear(end=0.05)
    flat = np.linspace(0.05, 0.07, 500)[1:]
    stress = np.concatenate((stress, np.full(499, stress[-1])))
    found = measured(stress, np.concatenate((strain, flat)))
    assert value(found, "agt") == pytest.approx(6.0, abs=0.01)
    assert value(found, "ag") == pytest.approx(6.0 - stress[-1] / 2000.0, abs=0.02)


def test_an_extensometer_taken_off_keeps_the_proof_strength_and_drops_the_rest():
    stress, strain, truth = bilinear()
    off = strain > 0.03
    held = np.where(off, 0.03, strain)
    found = evaluate(record(stress * S0, held * L0, travel=1.5 * strain * L0))
    assert value(found, "rp02") == pytest.approx(truth, rel=5e-4)
    assert found.values["agt"].reason == "reason.extensometer-removed"
    assert "extensometer-removed" in codes(found)


def test_a_modulus_from_the_crosshead_is_no_modulus():
    stress, strain, _ = bilinear(modulus=11e3)
    found = measured(stress, strain)
    assert found.values["e_modulus"].reason == "reason.crosshead"
    assert found.values["rp02"].reason == "reason.crosshead"
    assert "modulus-from-crosshead" in codes(found)


def test_constructions_lie_on_the_first_plot():
    stress, strain, truth = bilinear()
    found = measured(stress, strain)
    drawn = {c.code: c for c in found.constructions}
    assert drawn["rp02"].y[0] == pytest.approx(truth * S0, rel=1e-3)
    parallel = drawn["offset-line"]
    assert parallel.x[0] == pytest.approx(0.002 * L0, abs=2e-3)
    slope = (parallel.y[1] - parallel.y[0]) / (parallel.x[1] - parallel.x[0])
    assert slope == pytest.approx(200e3 * S0 / L0, rel=2e-3)


def test_sampling_in_uneven_steps_changes_nothing():
    stress, strain, truth = bilinear()
    keep = np.sort(np.random.default_rng(3).choice(len(stress), 1500, replace=False))
    assert value(measured(stress[keep], strain[keep]), "rp02") == pytest.approx(truth, rel=2e-3)


def test_the_same_record_gives_the_same_bits():
    stress, strain, _ = bilinear()
    assert measured(stress, strain, noise=3.0) == measured(stress, strain, noise=3.0)

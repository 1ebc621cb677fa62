"""Crosshead, load string and test pieces against the laws of motion and of materials."""

from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.simulators.crosshead import Crosshead
from instruments.simulators.frame import FORCE_STEP, Frame, FrameModel
from instruments.simulators.specimen import (
    Brittle,
    BrittleModel,
    Metal,
    MetalModel,
    Played,
    ramberg_osgood,
)

speeds = st.floats(0.001, 10.0)


def pulled(frame, seconds, speed=0.5):
    frame.start(0.0, speed)
    frame.advance(seconds)
    return np.array(frame.hand_over(1_000_000))


@given(speeds, st.floats(0.5, 100.0), st.floats(0.0, 30.0))
def test_the_crosshead_moves_by_the_law_of_even_acceleration(speed, acceleration, seconds):
    crosshead = Crosshead(acceleration)
    crosshead.go(0.0, speed)
    ramp = speed / acceleration
    expected = acceleration * seconds**2 / 2 if seconds < ramp else speed * (seconds - ramp / 2)
    assert float(crosshead.travel(seconds)) == pytest.approx(expected, abs=1e-9)
    assert crosshead.speed(seconds) == pytest.approx(min(acceleration * seconds, speed))


@given(speeds, st.floats(0.0, 10.0), speeds, st.floats(0.001, 5.0))
def test_it_tells_when_it_reaches_where_it_will_be(first, changed_at, second, later):
    crosshead = Crosshead(5.0)
    crosshead.go(0.0, first)
    crosshead.go(changed_at, second)
    place = float(crosshead.travel(changed_at + later))
    assert crosshead.reaches(place) == pytest.approx(changed_at + later, abs=1e-6)


@given(speeds, st.floats(0.0, 10.0), speeds, st.floats(0.5, 100.0))
def test_neither_place_nor_speed_ever_jumps(first, changed_at, second, acceleration):
    crosshead = Crosshead(acceleration)
    crosshead.go(0.0, first)
    before = float(crosshead.travel(changed_at)), crosshead.speed(changed_at)
    crosshead.go(changed_at, second)
    assert float(crosshead.travel(changed_at)) == pytest.approx(before[0])
    assert crosshead.speed(changed_at) == pytest.approx(before[1])


def test_a_stop_runs_out_by_the_braking_distance():
    crosshead = Crosshead(2.0)
    crosshead.go(0.0, 4.0)
    place = float(crosshead.travel(5.0))
    crosshead.stand(5.0)
    assert float(crosshead.travel(9.0)) == pytest.approx(place + 4.0**2 / (2 * 2.0))
    assert crosshead.speed(9.0) == 0.0
    assert crosshead.reaches(1e3) == float("inf")


def test_travel_is_the_specimen_and_what_the_load_string_gives_way():
    model = MetalModel(noise=0.0)
    stiff = Frame(model, FrameModel(compliance=0.0))
    soft = Frame(model, FrameModel(compliance=2e-5))
    for frame, compliance in ((stiff, 0.0), (soft, 2e-5)):
        rows = pulled(frame, 1.0)[5:]
        elongation = rows[:, 2] / model.l0 * model.lc
        given_way = rows[:, 1] * (1 / model.stiffness + compliance)
        assert rows[:, 3] == pytest.approx(elongation + given_way, abs=3e-4)


def test_a_softer_frame_strains_the_piece_more_slowly_in_its_elastic_range():
    stiff = pulled(Frame(MetalModel(noise=0.0)), 0.6)
    soft = pulled(Frame(MetalModel(noise=0.0), FrameModel(compliance=5e-5)), 0.6)
    assert soft[-1, 1] < 0.5 * stiff[-1, 1]
    assert soft[-1, 3] == stiff[-1, 3]


def test_the_load_cell_has_noise_and_then_steps():
    rows = pulled(Frame(MetalModel(noise=0.0, s0=0.001), FrameModel(noise=5.0)), 200.0, 0.01)
    quiet = pulled(Frame(MetalModel(noise=0.0, s0=0.001)), 200.0, 0.01)
    difference = rows[:, 1] - quiet[:, 1]
    assert difference.std() == pytest.approx(5.0, rel=0.03)
    assert np.all(rows[:, 1] % FORCE_STEP == 0)
    again = pulled(Frame(MetalModel(noise=0.0, s0=0.001), FrameModel(noise=5.0)), 200.0, 0.01)
    assert np.array_equal(rows, again)


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 3.0), min_size=1, max_size=6))
def test_samples_are_the_same_in_whatever_steps_they_are_fetched(steps):
    whole = Frame(MetalModel(), FrameModel(noise=1.0))
    parts = Frame(MetalModel(), FrameModel(noise=1.0))
    parts.start(0.0, 0.5)
    at = 0.0
    for step in steps:
        at += step
        parts.advance(at)
    assert np.array_equal(pulled(whole, at), np.array(parts.hand_over(10_000)))


def test_a_pull_that_stood_goes_on_at_another_speed_without_a_jump():
    frame = Frame(MetalModel(noise=0.0))
    frame.start(0.0, 0.2)
    frame.stop(2.0)
    frame.start(60.0, 2.0)
    frame.advance(61.0)
    rows = np.array(frame.hand_over(10_000))
    assert np.all(np.diff(rows[:, 0]) == pytest.approx(0.02))
    assert np.all(np.diff(rows[:, 3]) <= 2.0 * 0.02 + 2e-3)
    assert np.all(np.diff(rows[:, 3]) >= 0)


def test_a_speed_changed_while_moving_keeps_time_and_place():
    frame = Frame(MetalModel(noise=0.0))
    frame.start(0.0, 0.2)
    frame.start(5.0, 1.0)
    frame.advance(6.0)
    rows = np.array(frame.hand_over(10_000))
    assert rows[-1, 0] == pytest.approx(6.0)
    assert rows[-1, 3] == pytest.approx(0.2 * 5.0 - 0.001 + 1.0 - 0.016, abs=1e-3)


def test_a_brittle_piece_is_straight_until_it_breaks():
    model = BrittleModel(noise=0.0)
    piece = Brittle(model, seed=4)
    frame = Frame(MetalModel())
    frame.mount(lambda number: piece)
    rows = pulled(frame, 1000.0, 0.005)
    assert frame.broken
    assert frame.force == 0.0
    strain, stress = rows[1:, 2] / model.l0, rows[1:, 1] / model.s0
    assert stress[-1] == pytest.approx(piece.strength, rel=0.01)
    assert np.polyfit(strain, stress, 1)[0] == pytest.approx(310e3, rel=0.01)


def test_strengths_are_distributed_after_weibull():
    model = BrittleModel(strength=260.0, weibull=12.0)
    found = np.sort([Brittle(model, seed=seed).strength for seed in range(2000)])
    # Weibull: 63.2 % break at the characteristic strength, half at strength (ln 2)^(1/m).
    assert np.mean(found <= 260.0) == pytest.approx(1 - exp(-1), abs=0.03)
    assert np.median(found) == pytest.approx(260.0 * log(2) ** (1 / 12), rel=0.005)
    ranks = (np.arange(2000) + 0.5) / 2000
    slope = np.polyfit(np.log(found), np.log(-np.log(1 - ranks)), 1)[0]
    assert slope == pytest.approx(12.0, rel=0.08)
    assert Brittle(model, seed=7).strength == Brittle(model, seed=7).strength


@given(st.floats(100.0, 800.0), st.floats(3.0, 30.0))
def test_ramberg_osgood_has_two_permille_plastic_strain_at_its_proof_stress(proof, power):
    strain = ramberg_osgood(np.array([0.0, proof]), 205e3, proof, power)
    assert strain == pytest.approx([0.0, proof / 205e3 + 0.002])


def test_a_metal_passes_its_proof_and_tensile_strength():
    model = MetalModel(noise=0.0)
    rows = pulled(Frame(model), 200.0, 0.2)
    strain, stress = rows[:, 2] / model.l0, rows[:, 1] / model.s0
    offset = stress - 205e3 * (strain - 0.002)
    crossing = np.argmax(offset < 0)
    assert stress[crossing] == pytest.approx(350.0, rel=0.01)
    assert stress.max() == pytest.approx(520.0, rel=1e-3)


def test_a_played_curve_comes_as_it_was_measured():
    force = np.arange(100) * 1.5
    played = Played(time=None, force=force, extension=force / 1e3, travel=None)
    frame = Frame(MetalModel())
    frame.mount(lambda number: played)
    rows = pulled(frame, 10.0)
    assert rows[:, 1] == pytest.approx(force)
    assert frame.broken
    assert Metal(MetalModel(), 1).model == MetalModel()


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (BrittleModel, {"weibull": 0.0}),
        (BrittleModel, {"noise": -1.0}),
        (FrameModel, {"acceleration": 0.0}),
        (FrameModel, {"compliance": -1.0}),
        (MetalModel, {"e": 0.0}),
    ],
)
def test_a_refusal_names_what_is_accepted(model, values):
    with pytest.raises(ValueError, match=r"accepted: (above 0|0 or above)"):
        model(**values)

"""The chamber's air, humidity, specimen and protector against closed forms."""

from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.simulators.air import dew_point, follow, followed_by, saturation
from instruments.simulators.chamber import Chamber, ChamberModel


def running(set_point, **values):
    chamber = Chamber(ChamberModel(**values))
    chamber.set_point = set_point
    chamber.running = True
    return chamber


def test_the_vapour_pressure_is_that_of_the_tables():
    # WMO-No. 8, annex 4.B; measured values of Wexler in hPa at 0, 20 and 40 degC.
    assert saturation(0.0) == pytest.approx(6.112, rel=2e-3)
    assert saturation(20.0) == pytest.approx(23.39, rel=4e-3)
    assert saturation(40.0) == pytest.approx(73.85, rel=4e-3)


@given(st.floats(-60.0, 150.0))
def test_the_dew_point_undoes_the_saturation(temperature):
    assert dew_point(saturation(temperature)) == pytest.approx(temperature, abs=1e-9)


@settings(deadline=None)
@given(st.floats(-45.0, 150.0))
def test_air_never_changes_faster_than_the_machine_can(set_point):
    chamber = running(set_point)
    for _ in range(200):
        before = chamber.air
        chamber.pass_time(5.0)
        assert -1.5 * 5 / 60 - 1e-9 <= chamber.air - before <= 3.0 * 5 / 60 + 1e-9


@settings(deadline=None)
@given(st.floats(-45.0, 150.0), st.floats(1.0, 20_000.0), st.floats(0.0, 200.0))
def test_two_half_steps_are_one_step(set_point, seconds, dissipated):
    one, two = running(set_point), running(set_point)
    one.pass_time(seconds, dissipated)
    two.pass_time(seconds / 2, dissipated)
    two.pass_time(seconds / 2, dissipated)
    assert two.air == pytest.approx(one.air, abs=1e-3)
    assert two.specimen == pytest.approx(one.specimen, abs=1e-3)
    assert two.humidity == pytest.approx(one.humidity, abs=0.3)


@settings(deadline=None)
@given(
    st.floats(-50, 150), st.floats(-50, 150), st.floats(-50, 150), st.floats(0.5, 4000.0),
    st.floats(5.0, 900.0), st.floats(5.0, 900.0),
)  # fmt: skip
def test_the_closed_form_is_the_limit_of_small_steps(air, goal, specimen, time, tau, slow):
    pieces = follow(air, goal, tau, 0.05, 0.025, time)
    exact = specimen
    for piece in pieces:
        exact = followed_by(exact, piece, slow)
    stepped, at = specimen, air
    for _ in range(4000):
        nearer = follow(at, goal, tau, 0.05, 0.025, time / 4000)[-1].end
        fade = exp(-time / 4000 / slow)
        stepped = (at + nearer) / 2 * (1 - fade) + stepped * fade
        at = nearer
    assert at == pytest.approx(pieces[-1].end, abs=1e-6)
    assert stepped == pytest.approx(exact, abs=0.02)


@given(st.floats(-45.0, 150.0), st.floats(0.0, 300.0))
def test_at_rest_the_specimen_stands_above_the_air_by_what_it_dissipates(set_point, power):
    chamber = running(set_point, over_temperature=400.0)
    chamber.pass_time(48 * 3600.0, power)
    model = chamber.model
    assert chamber.air == pytest.approx(set_point + model.droop * power, abs=1e-2)
    assert chamber.specimen - chamber.air == pytest.approx(
        model.specimen_resistance * power, abs=1e-2
    )


def test_days_pass_in_one_call():
    chamber = running(85.0)
    chamber.pass_time(96 * 3600.0)
    assert chamber.air == pytest.approx(85.0, abs=1e-6)


def test_warming_dries_the_air_and_keeps_its_dew_point():
    chamber = running(60.0)
    before = chamber.humidity, chamber.dew_point
    assert before[0] == pytest.approx(45.0)
    chamber.pass_time(1800.0)
    assert chamber.humidity < 12.0
    assert chamber.dew_point == pytest.approx(before[1], abs=0.5)


def test_cooling_below_the_dew_point_leaves_the_water_on_the_wall():
    chamber = running(-20.0)
    chamber.pass_time(7200.0)
    assert chamber.humidity == pytest.approx(100.0, abs=0.1)
    assert chamber.dew_point == pytest.approx(-20.0, abs=0.5)
    chamber.set_point = 23.0
    chamber.pass_time(2400.0)
    assert chamber.humidity < 45.0


@pytest.mark.parametrize(("air", "humidity"), [(40.0, 93.0), (85.0, 85.0), (30.0, 60.0)])
def test_humidity_reaches_its_set_point(air, humidity):
    # 40 degC / 93 % and 85 degC / 85 %: the severities of IEC 60068-2-78.
    chamber = running(air)
    chamber.humidity_set_point = humidity
    chamber.humidifying = True
    chamber.pass_time(4 * 3600.0)
    assert chamber.humidity == pytest.approx(humidity, abs=0.1)


def test_a_dew_point_that_no_chamber_reaches_is_not_reached():
    chamber = running(85.0)
    chamber.humidity_set_point = 1.0
    chamber.humidifying = True
    chamber.pass_time(6 * 3600.0)
    assert chamber.dew_point == pytest.approx(chamber.model.driest, abs=0.05)


@given(st.floats(-45.0, 150.0), st.floats(0.0, 100.0), st.floats(10.0, 9000.0))
def test_humidity_stays_between_0_and_100(set_point, humidity, seconds):
    chamber = running(set_point)
    chamber.humidity_set_point = humidity
    chamber.humidifying = True
    chamber.pass_time(seconds)
    assert 0.0 < chamber.humidity <= 100.0
    assert chamber.dew_point <= chamber.air + 1e-9


def test_the_protector_trips_and_holds_until_it_is_cleared_in_the_cold():
    chamber = running(150.0, over_temperature=120.0)
    chamber.pass_time(3 * 3600.0)
    assert chamber.trip
    assert not chamber.running
    chamber.running = True
    chamber.pass_time(60.0)
    assert not chamber.running
    hot = running(150.0, over_temperature=120.0)
    while not hot.trip:
        hot.pass_time(5.0)
    assert hot.air == pytest.approx(120.0, abs=0.6)
    assert not hot.clear_trip()
    assert chamber.clear_trip()
    chamber.running = True
    chamber.set_point = 40.0
    chamber.pass_time(7200.0)
    assert chamber.air == pytest.approx(40.0, abs=1e-2)


def test_the_protector_sees_a_specimen_that_runs_away():
    chamber = running(80.0, over_temperature=120.0)
    chamber.pass_time(6 * 3600.0, dissipated=700.0)
    assert chamber.trip


def test_places_of_the_working_space_differ_by_gradient_and_swing():
    chamber = running(123.0)
    chamber.pass_time(6 * 3600.0)
    quiet = running(123.0, fluctuation=0.0)
    quiet.pass_time(6 * 3600.0)
    places = quiet.sensors(9, seed=4)
    assert places[0] == pytest.approx(quiet.air)
    assert max(places) - min(places) == pytest.approx(0.8, abs=1e-6)
    assert chamber.sensors(9, seed=4) == chamber.sensors(9, seed=4)
    for value, mean in zip(chamber.sensors(9, seed=4), places, strict=True):
        assert abs(value - mean) <= 0.15 + 1e-9
    chamber.pass_time(20.0)
    assert chamber.sensors(9, seed=4) != places


def test_a_chamber_at_rest_shows_the_room_everywhere():
    assert Chamber(ChamberModel()).sensors(5) == [23.0] * 5


@pytest.mark.parametrize(
    ("values", "accepted"),
    [
        ({"heating": 0.0}, "above 0"),
        ({"droop": -1.0}, "0 or above"),
        ({"ambient_humidity": 120.0}, "1 to 100"),
        ({"driest": 95.0}, "driest below wettest"),
        ({"over_temperature": 10.0}, "above ambient"),
    ],
)
def test_a_refusal_names_what_is_accepted(values, accepted):
    with pytest.raises(ValueError, match=accepted):
        ChamberModel(**values)


def test_no_places_and_no_vapour_are_refused():
    with pytest.raises(ValueError, match="1 or more"):
        Chamber(ChamberModel()).sensors(0)
    with pytest.raises(ValueError, match="above 0"):
        dew_point(0.0)

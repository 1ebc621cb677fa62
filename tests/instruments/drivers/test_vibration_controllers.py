"""A shaker in closed loop: its levels, what is refused before it moves, how it comes to rest."""

from math import atan, degrees, sqrt
from pathlib import Path

import pytest

from instruments import registry
from instruments.errors import BadAnswer, InstrumentFault, LinkLost, SettingRefused
from instruments.sealed_line import opened, sealed
from instruments.spectrum import effective
from tests.instruments.drivers.stage import bench
from tests.instruments.peers import pty_peer

DRIVER = "tb_vibration"
SHAKER = "shaker = {}"
PROFILE = [(20.0, 0.1), (80.0, 0.4), (500.0, 0.4), (2000.0, 0.1)]
# A specimen that tires within minutes, on a shaker that only just drives it below resonance.
TIRING = "shaker = {max_force = 2000.0, endurance = 2e4}"


def truth(control) -> dict[str, object]:
    return control.ask("truth")["truth"]


def driven(control) -> bool:
    return truth(control)["outputs"][DRIVER]


def test_a_sine_dwell_is_held_at_its_level(tmp_path: Path):
    with bench(tmp_path, SHAKER, DRIVER) as (roles, control):
        shaker = roles[DRIVER]
        assert not shaker.is_running()
        before = control.ask("now")["now"]
        shaker.start_sine(180.0, acceleration=20.0)
        # Up in two seconds, by the controller's own time.
        assert control.ask("now")["now"] - before == pytest.approx(2.0, abs=0.3)
        assert shaker.is_running()
        assert driven(control)
        level, response, phase = shaker.control(), shaker.response(), shaker.phase()
        found = truth(control)
        assert level.value == pytest.approx(20.0, abs=2 * level.standard_uncertainty)
        assert response.value == pytest.approx(
            found["shaker.response"], abs=2 * response.standard_uncertainty
        )
        # At resonance a quality of 12 gives sqrt(1 + 144) and lags by its arc tangent.
        assert response.value == pytest.approx(20.0 * sqrt(145.0), rel=0.02)
        assert phase.value == pytest.approx(-degrees(atan(12.0)), abs=1.0)
        assert level.standard_uncertainty == pytest.approx((0.03 * 20.0 + 0.05) / sqrt(3), rel=0.02)
        assert (level.unit, phase.unit) == ("m/s2", "deg")
        before = control.ask("now")["now"]
        shaker.stop()
        assert control.ask("now")["now"] - before == pytest.approx(1.0, abs=0.3)
        assert not shaker.is_running()
        assert not driven(control)
        assert shaker.control().value == pytest.approx(0.0, abs=0.01)


def test_above_2000_hz_the_level_is_less_certain(tmp_path: Path):
    with bench(tmp_path, SHAKER, DRIVER) as (roles, _):
        roles[DRIVER].start_sine(2500.0, acceleration=20.0)
        u = roles[DRIVER].control().standard_uncertainty
        assert u == pytest.approx((0.05 * 20.0 + 0.05) / sqrt(3), rel=0.02)


def test_a_dwell_tires_the_specimen_and_its_phase_turns(tmp_path: Path):
    with bench(tmp_path, SHAKER, DRIVER) as (roles, control):
        shaker = roles[DRIVER]
        shaker.start_sine(180.0, acceleration=50.0)
        fresh, response = shaker.phase().value, shaker.response().value
        control.ask("sleep", seconds=4 * 3600)
        assert truth(control)["shaker.resonance_Hz"] < 179.0
        # Driven above its resonance by now: it lags more and answers less.
        assert shaker.phase().value < fresh - 5.0
        assert shaker.response().value < response * 0.97
        assert shaker.control().value == pytest.approx(50.0, rel=0.02)
        control.ask("reset")
        assert truth(control)["shaker.damage"] == 0.0


def test_random_vibration_has_the_level_of_its_area(tmp_path: Path):
    with bench(tmp_path, SHAKER, DRIVER) as (roles, control):
        shaker = roles[DRIVER]
        shaker.start_random(PROFILE)
        assert shaker.control().value == pytest.approx(effective(PROFILE), rel=0.02)
        assert shaker.response().value == pytest.approx(truth(control)["shaker.response"], rel=0.02)
        with pytest.raises(InstrumentFault, match="only a sine has a phase"):
            shaker.phase()
        with pytest.raises(InstrumentFault, match="driven"):
            shaker.start_sine(100.0, acceleration=10.0)
        shaker.make_safe()
        assert not driven(control)


@pytest.mark.parametrize(
    ("hertz", "acceleration", "quantity"),
    [
        (4.0, 1.0, "frequency"),
        (100.0, 990.0, "acceleration"),
        (5.0, 50.0, "displacement"),
        (50.0, 900.0, "velocity"),
        (float("nan"), 1.0, "frequency"),
    ],
)
def test_what_the_table_cannot_do_is_refused_before_it_moves(
    tmp_path: Path, hertz: float, acceleration: float, quantity: str
):
    with bench(tmp_path, SHAKER, DRIVER) as (roles, control):
        with pytest.raises(SettingRefused, match=quantity):
            roles[DRIVER].start_sine(hertz, acceleration=acceleration)
        assert not driven(control)
        assert opened(roles[DRIVER].link.query(sealed("GO"), doing="go")) == (
            "NO 9 nothing prepared"
        )


@pytest.mark.parametrize(
    ("breakpoints", "quantity"),
    [
        ([(20.0, 1.0)], "breakpoints"),
        ([(20.0, 1.0), (20.0, 1.0)], "breakpoints"),
        ([(80.0, 1.0), (20.0, 1.0)], "breakpoints"),
        ([(20.0, 1.0), (2500.0, 1.0)], "bandwidth"),
        ([(20.0, 0.0), (200.0, 1.0)], "density"),
        ([(20.0, 100.0), (2000.0, 100.0)], "force"),
        ([(5.0, 100.0), (20.0, 0.1)], "displacement"),
    ],
)
def test_a_spectrum_beyond_the_table_is_refused_before_it_moves(
    tmp_path: Path, breakpoints: list[tuple[float, float]], quantity: str
):
    with bench(tmp_path, SHAKER, DRIVER) as (roles, control):
        with pytest.raises(SettingRefused, match=quantity):
            roles[DRIVER].start_random(breakpoints)
        assert not driven(control)


def test_a_smaller_table_and_a_heavier_specimen_count(tmp_path: Path):
    small = "shaker = {max_force = 1000.0, moving_mass = 12.0}"
    with bench(tmp_path, small, DRIVER) as (roles, control):
        with pytest.raises(SettingRefused, match="force 1200"):
            roles[DRIVER].start_sine(1000.0, acceleration=60.0)
        assert roles[DRIVER].settings()["moving_mass"] == 20.0
        assert not driven(control)


def test_the_bench_is_tighter_than_the_table(tmp_path: Path):
    with bench(tmp_path, SHAKER, DRIVER) as (roles, _):
        address = roles[DRIVER].link.address
        narrow = registry.connect(
            DRIVER, address, serial="S1", timeout=0.5, limits={"displacement": 1.0}
        )
        with pytest.raises(SettingRefused, match="1 mm"):
            narrow.start_sine(20.0, acceleration=20.0)
        narrow.close()


def test_what_only_the_resonance_makes_too_heavy_the_controller_refuses(tmp_path: Path):
    # Rigid, 10 kg need 1000 N; at resonance the table feels 26 kg.
    with bench(tmp_path, "shaker = {max_force = 2000.0}", DRIVER) as (roles, control):
        with pytest.raises(InstrumentFault, match="beyond the table: force"):
            roles[DRIVER].start_sine(180.0, acceleration=100.0)
        assert not driven(control)


def test_a_response_beyond_its_limit_ends_the_drive(tmp_path: Path):
    with bench(tmp_path, SHAKER, DRIVER, response_limit=100.0) as (roles, control):
        shaker = roles[DRIVER]
        with pytest.raises(InstrumentFault, match="ABORTED RESPONSE"):
            shaker.start_sine(180.0, acceleration=20.0)
        assert not driven(control)
        with pytest.raises(InstrumentFault, match="ABORTED RESPONSE"):
            shaker.control()
        shaker.start_sine(180.0, acceleration=5.0)
        assert shaker.control().value == pytest.approx(5.0, rel=0.03)


def test_a_control_level_that_sinks_ends_the_drive(tmp_path: Path):
    with bench(tmp_path, TIRING, DRIVER, deviation=1.0) as (roles, control):
        shaker = roles[DRIVER]
        shaker.start_sine(165.0, acceleration=100.0)
        assert shaker.control().value == pytest.approx(100.0, rel=0.02)
        # The resonance comes down to the dwell, where the force does not suffice.
        control.ask("sleep", seconds=3600)
        assert not driven(control)
        assert not shaker.is_running()
        with pytest.raises(InstrumentFault, match="ABORTED CONTROL"):
            shaker.response()


def test_an_emergency_stop_does_not_ramp(tmp_path: Path):
    with bench(tmp_path, SHAKER, DRIVER) as (roles, control):
        shaker = roles[DRIVER]
        shaker.start_sine(100.0, acceleration=20.0)
        before = control.ask("now")["now"]
        shaker.emergency_stop()
        assert control.ask("now")["now"] == before
        assert not driven(control)
        assert shaker.settings()["state"] == "ABORTED EMERGENCY"


def test_where_the_ramp_cannot_be_confirmed_the_drive_is_taken_off(tmp_path: Path):
    with bench(tmp_path, SHAKER, DRIVER) as (roles, control):
        shaker = roles[DRIVER]
        shaker.start_sine(100.0, acceleration=20.0)
        control.ask("fault", role=DRIVER, fault="busy", command="STOP")
        shaker.make_safe()
        assert not driven(control)
        assert shaker.settings()["state"] == "ABORTED EMERGENCY"


def test_after_a_power_cut_the_table_stands_and_its_level_is_no_reading(tmp_path: Path):
    with bench(tmp_path, SHAKER, DRIVER) as (roles, control):
        shaker = roles[DRIVER]
        shaker.start_sine(100.0, acceleration=20.0)
        control.ask("fault", role=DRIVER, fault="power_cycle", seconds=0.2)
        with pytest.raises(LinkLost):
            shaker.control()
        assert not driven(control)
        with pytest.raises(InstrumentFault, match="the drive is lost"):
            shaker.control()
        assert not shaker.is_running()
        shaker.make_safe()
        shaker.start_sine(100.0, acceleration=20.0)
        assert shaker.control().value == pytest.approx(20.0, rel=0.02)


def test_the_log_tells_when_the_table_was_driven(tmp_path: Path):
    with bench(tmp_path, SHAKER, DRIVER) as (roles, control):
        roles[DRIVER].start_sine(100.0, acceleration=20.0)
        roles[DRIVER].stop()
        events = control.ask("log")["events"]
        assert [each["on"] for each in events if each["event"] == "output"] == [True, False]


def test_another_profile_than_was_sent_is_not_driven():
    replies = {"ID?": "ID TESTBED,VC-2,S1,1.0", "TB?": "TB 10000;25;1.8;980;10",
               "LM 3 1000": "LM 3;1000", "SN 100 20": "SN 100;200"}  # fmt: skip
    heard: list[str] = []

    def answer(line: str) -> str:
        heard.append(opened(line))
        return sealed(replies[heard[-1]]) + "\n"

    with pty_peer(answer) as (port, _):
        shaker = registry.connect(DRIVER, port, serial="S1", timeout=0.3)
        with pytest.raises(InstrumentFault, match="understood something else"):
            shaker.start_sine(100.0, acceleration=20.0)
        assert heard[-1] == "SN 100 20"
        shaker.close()
        heard.clear()
        with pytest.raises(BadAnswer, match="serial S1, expected S2"):
            registry.connect(DRIVER, port, serial="S2", timeout=0.3)
        assert heard == ["ID?"]


REPLIES = [
    ("GO*00", "NO 1 checksum"),
    (sealed("UP 1"), "NO 2 unknown command UP"),
    (sealed("SN fast 1"), "NO 5 not a number fast"),
    (sealed("SN 4 1"), "NO 6 outside 5 to 3000"),
    (sealed("SN 5 50"), "NO 6 beyond the table: displacement"),
    (sealed("RN 20,1"), "NO 6 2 to 20 break points, ascending"),
    (sealed("RN 20,100;2000,100"), "NO 6 beyond the table: force, acceleration"),
    (sealed("LM 20 100"), "NO 6 outside 1 to 10"),
    (sealed("GO"), "NO 9 nothing prepared"),
]


def test_what_the_controller_refuses_it_names(tmp_path: Path):
    with bench(tmp_path, SHAKER, DRIVER) as (roles, _):
        for line, reply in REPLIES:
            assert opened(roles[DRIVER].link.query(line, doing="ask")) == reply

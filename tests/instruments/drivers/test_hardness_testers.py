"""A Vickers tester: what it indents, refuses, loses with its power, and how it lets go."""

from itertools import pairwise
from pathlib import Path
from statistics import mean

import pytest

from instruments import registry
from instruments.errors import BadAnswer, InstrumentFault, LinkLost, SettingRefused
from instruments.sealed_line import opened, sealed
from tests.instruments.drivers.stage import bench
from tests.instruments.peers import pty_peer

DRIVER = "tb_vickers"
IDENTITY = "ID TESTBED,HV-50,S1,1.0"


@pytest.mark.parametrize("force", [49.03, 98.07, 196.1, 294.2, 490.3])
def test_the_hardness_is_that_of_the_metal_at_every_force(tmp_path: Path, force: float):
    with bench(tmp_path, "hardness = {hardness = 450.0, spread = 1.0}", DRIVER) as (roles, control):
        tester = roles[DRIVER]
        tester.set_force(force)
        tester.set_dwell(14.0)
        before = control.ask("now")["now"]
        made = [tester.indent() for _ in range(4)]
        # A cycle is 11 s and the dwell, by the machine's own time.
        assert control.ask("now")["now"] - before == pytest.approx(4 * 25.0, abs=1.0)
        truth = control.ask("truth")["truth"]["hardness.metal_HV"]
        assert mean(each.hardness.value for each in made) == pytest.approx(truth, rel=0.01)
        for each in made:
            assert each.force == force
            assert each.hardness.unit == "HV"
            assert each.hardness.standard_uncertainty == pytest.approx(
                0.03 / 3**0.5 * each.hardness.value
            )
            first, second = (diagonal.value for diagonal in each.diagonals)
            assert each.hardness.value == pytest.approx(
                0.1891 * force / ((first + second) / 2) ** 2
            )
        assert len({each.hardness.value for each in made}) > 1


def test_no_place_is_used_twice(tmp_path: Path):
    with bench(tmp_path, "hardness = {spread = 0.0, gradient = 50.0}", DRIVER) as (roles, _):
        values = [roles[DRIVER].indent().hardness.value for _ in range(3)]
        # Three diagonals of a quarter of a millimetre further, 50 HV harder per millimetre.
        steps = [later - earlier for earlier, later in pairwise(values)]
        assert steps == pytest.approx([40.0, 38.0], abs=6.0)


def test_what_is_no_test_force_is_refused_before_it_is_sent(tmp_path: Path):
    with bench(tmp_path, "hardness = {}", DRIVER) as (roles, _):
        tester = roles[DRIVER]
        for force in (9.807, 100.0, 980.7, float("nan")):
            with pytest.raises(SettingRefused, match="N"):
                tester.set_force(force)
        for dwell in (1.0, 100.0):
            with pytest.raises(SettingRefused, match="s"):
                tester.set_dwell(dwell)
        assert dict(tester.settings()) == {"force": 98.07, "dwell": 12.0, "state": "READY"}


def test_an_indentation_beyond_the_view_is_no_reading(tmp_path: Path):
    with bench(tmp_path, "hardness = {hardness = 40.0, spread = 0.0}", DRIVER) as (roles, _):
        tester = roles[DRIVER]
        tester.set_force(490.3)
        with pytest.raises(InstrumentFault, match="larger than the field"):
            tester.indent()
        tester.set_force(98.07)
        assert tester.indent().hardness.value == pytest.approx(40.0, rel=0.03)


def test_a_power_cut_never_swaps_the_force(tmp_path: Path):
    with bench(tmp_path, "hardness = {}", DRIVER) as (roles, control):
        tester = roles[DRIVER]
        tester.set_force(490.3)
        control.ask("fault", role=DRIVER, fault="power_cycle", seconds=0.2)
        with pytest.raises(LinkLost):
            tester.indent()
        with pytest.raises(InstrumentFault, match=r"set are 98\.07 N"):
            tester.indent()
        tester.set_force(490.3)
        assert tester.indent().force == 490.3


def test_the_indenter_lets_go_when_told(tmp_path: Path):
    with bench(tmp_path, "hardness = {}", DRIVER) as (roles, control):
        tester = roles[DRIVER]
        tester.link.query(sealed("IN 98.07 12"), doing="press")
        control.ask("sleep", seconds=5)
        assert control.ask("truth")["truth"]["outputs"] == {DRIVER: True}
        assert tester.settings()["state"] == "LOADING"
        with pytest.raises(InstrumentFault, match="not ready"):
            tester.set_force(196.1)
        tester.make_safe()
        assert control.ask("truth")["truth"]["outputs"] == {DRIVER: False}
        reply = opened(tester.link.query(sealed("RD? 1"), doing="read"))
        assert reply == "NO 4 no indentation 1"
        assert tester.indent().hardness.value == pytest.approx(240.0, rel=0.05)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ("RD 1;98.07;12;0.2780;0.2782;240.0", "is not that of the diagonals"),
        ("RD 2;98.07;12;0.2780;0.2782;239.8", "another indentation"),
        ("RD 1;196.1;12;0.2780;0.2782;479.5", "another indentation"),
        ("RD 1;98.07;12;0;0;0", "is not that of the diagonals"),
        ("RD 1;98.07;12;0.2780", "6 values"),
        ("RD 1;98.07;12;0.2780;0.27B2;239.8", "not a number"),
    ],
)
def test_what_does_not_agree_with_itself_is_no_reading(result: str, said: str):
    replies = {"ID?": IDENTITY, "WT? 0.2": "WT READY", "FO?": "FO 98.07", "DW?": "DW 12",
               "IN 98.07 12": "IN 1", "RD? 1": result}  # fmt: skip

    def answer(line: str) -> str:
        return sealed(replies[opened(line)]) + "\n"

    with pty_peer(answer) as (port, _):
        tester = registry.connect(DRIVER, port, serial="S1", timeout=0.3)
        with pytest.raises(BadAnswer, match=said):
            tester.indent()
        replies["RD? 1"] = "RD 1;98.07;12;0.2780;0.2782;239.8"
        assert tester.indent().hardness.value == pytest.approx(239.8, abs=0.05)
        tester.close()


def test_a_machine_that_never_gets_ready_is_given_up():
    def answer(line: str) -> str:
        return sealed(IDENTITY if opened(line) == "ID?" else "WT HOLDING") + "\n"

    with pty_peer(answer) as (port, _):
        tester = registry.connect(DRIVER, port, serial="S1", timeout=0.3)
        with pytest.raises(InstrumentFault, match="still HOLDING after 129 s"):
            tester.indent()
        tester.close()


def test_another_tester_is_refused_before_anything_is_set():
    heard: list[str] = []

    def answer(line: str) -> str:
        heard.append(opened(line))
        return sealed(IDENTITY) + "\n"

    with pty_peer(answer) as (port, _), pytest.raises(BadAnswer, match="serial S1, expected S2"):
        registry.connect(DRIVER, port, serial="S2", timeout=0.3)
    assert heard == ["ID?"]


REPLIES = [
    ("FO 98.07*00", "NO 1 checksum"),
    (sealed("HELLO"), "NO 2 unknown command HELLO"),
    (sealed("FO much"), "NO 5 not a number much"),
    (sealed("FO 100"), "NO 6 no such test force"),
    (sealed("DW 100"), "NO 6 outside 2 to 99"),
    (sealed("IN 196.1 12"), "NO 9 set are 98.07 N and 12 s"),
    (sealed("RD? 1"), "NO 4 no indentation 1"),
]


def test_what_the_machine_refuses_it_names(tmp_path: Path):
    with bench(tmp_path, "hardness = {}", DRIVER) as (roles, _):
        for line, reply in REPLIES:
            assert opened(roles[DRIVER].link.query(line, doing="ask")) == reply

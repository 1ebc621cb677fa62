"""Any method is tried on simulators in virtual time, and nothing of the centre is touched."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from instruments.roles import LcrMeter, Multimeter
from testbed.adapters.benches import BenchRefused, read_bench
from testbed.adapters.dry_benches import dry_bench, hand_at
from testbed.adapters.methods import installed_methods
from testbed.engine.dry_run import DryRun, rehearse
from testbed.engine.ports import Ending
from testbed.procedure import (
    Channel,
    Evaluation,
    Needs,
    Procedure,
    complete_parameters,
    phase,
)

METHODS = {
    "iso-6892-1": {"s0": 78.54},
    "iec-61960-3": {"rated_capacity": 2.5},
    "iec-60068-2-2": {"duration": 4.0},
    "iec-60068-2-1": {"duration": 4.0},
    "iec-60068-2-14-na": {"cycles": 2.0},
    "iec-60068-2-14-nb": {"cycles": 1.0, "dwell_time": 0.5},
    "iec-60068-2-30": {"cycles": 1.0},
    "iec-60068-2-78": {"duration": 4.0},
    # So long are the records of the oscilloscope that a dry run finds first.
    "signal-source": {"samples": 10_000.0},
    "iec-60068-2-64": {"samples": 10_000.0, "duration": 5.0},
    "iec-60068-2-6": {"low": 50.0, "high": 400.0, "cycles": 2.0},
    "iec-61010-1": {},
    "iso-6507-1": {"block_hardness": 240.0},
    "iso-6508-1": {},
    "iso-178": {"width": 10.0, "thickness": 4.0},
    "tb-impedance": {},
    "iec-60512-2-1": {"kind": "resistor", "limit": 5.0},
    "tb-efficiency": {
        "nominal_voltage": 5.0,
        "rated_voltage": 3.6,
        "rated_current": 0.2,
        "input_limit": 0.2,
    },
}
# A method forecasts from its parameters alone: how far a metal stretches, and how much charge was
# left in a cell, it cannot know. So much may the simulated specimens differ from what it expects.
# Nor does a simulated oscilloscope need the half second that a real one takes over a record: what
# is forecast for six records is 4.3 s, and they are there in 1.2 s.
TOLERANCE = {
    "iso-6892-1": 0.5,
    "iec-61960-3": 0.2,
    "iec-60068-2-2": 0.1,
    "iec-60068-2-1": 0.2,
    "iec-60068-2-14-na": 0.1,
    "iec-60068-2-14-nb": 0.1,
    "iec-60068-2-30": 0.05,
    "iec-60068-2-78": 0.1,
    "signal-source": 2.7,
    "iec-60068-2-64": 0.1,
    "iec-60068-2-6": 0.1,
    "iec-61010-1": 0.1,
    "iso-6507-1": 0.05,
    # As fast as its operator, whose time nobody forecasts.
    "iso-6508-1": 0.0,
    # The piece of the tensile bench gives way beside its gauge length, as none on supports does.
    "iso-178": 0.3,
    "tb-impedance": 0.1,
    "iec-60512-2-1": 0.1,
    "tb-efficiency": 0.1,
}


def typed(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "testbed", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TESTBED_HOME": str(home), "LANG": "C.UTF-8"},
    )


def tried(name: str) -> DryRun:
    method = installed_methods()[name]
    parameters = complete_parameters(method, METHODS[name])
    with dry_bench(method, None, "@py") as (opened, directory):
        hand = hand_at(opened)
        return rehearse(method, parameters, opened.bench, opened.clock, directory, hand)


@pytest.mark.parametrize("name", METHODS)
def test_the_forecast_of_a_method_is_near_what_the_simulators_take(name: str):
    found = tried(name)
    assert found.result.ending is Ending.COMPLETED, found.result
    assert found.forecast == pytest.approx(found.duration, rel=TOLERANCE[name])


def test_every_installed_method_of_the_house_is_held_against_its_forecast():
    ours = {m.id for m in installed_methods().values() if m.__module__.startswith("testbed.")}
    assert ours == set(METHODS) == set(TOLERANCE)


def test_it_tells_phases_prompts_and_channels():
    found = tried("iec-60068-2-2")
    assert list(found.phases) == ["mount", "heat", "stabilise", "condition", "recover"]
    assert found.phases["condition"] == pytest.approx(4 * 3600, rel=0.02)
    (prompt,) = found.prompts
    assert prompt.code == "prompt.iec-60068-2-2.mount"
    assert found.channels["set_point"].highest == 55.0
    assert found.channels["air_temperature"].unit == "degC"


def test_a_rehearsal_opens_and_closes_the_cage_and_nobody_else_does():
    method = installed_methods()["iec-61010-1"]
    parameters = complete_parameters(method, {"hold": 1.0})
    assert [each.code.rpartition(".")[2] for each in tried("iec-61010-1").prompts] == [
        "connect", "release-first", "release-second", "open-interlock", "close-interlock", "earth",
    ]  # fmt: skip
    with dry_bench(method, None, "@py") as (opened, directory):
        alone = rehearse(method, parameters, opened.bench, opened.clock, directory)
    assert alone.result.ending is Ending.ERROR
    assert "insulate" not in alone.phases


def test_the_command_line_touches_nothing_of_the_centre(tmp_path: Path):
    home = tmp_path / "centre"
    said = typed(home, "methods", "dry-run", "iec-61960-3", "--param", "rated_capacity=2.5Ah",
                 "--lang", "en")  # fmt: skip
    assert said.returncode == 0, said.stderr
    assert re.search(r"Discharge +\d:\d\d:\d\d", said.stdout)
    assert "In all " in said.stdout
    assert "supply  PowerSupply     keysight_e36312a" in said.stdout
    assert "authorised to perform iec-61960-3, version 2" in said.stdout
    assert "? Check polarity and connect the cell" in said.stdout
    assert not home.exists()


def test_a_bench_of_the_centre_is_played_with_its_limits(tmp_path: Path):
    benches = tmp_path / "benches"
    benches.mkdir()
    (benches / "hot.toml").write_text(
        'name = "hot"\n'
        "[roles.chamber]\n"
        'driver = "espec_p300"\naddress = "/dev/nothing"\nlimits = {temperature = 50.0}\n'
        "[roles.meter]\n"
        'driver = "keithley_2000"\naddress = "TCPIP::10.0.0.1::5025::SOCKET"\n'
    )
    said = typed(tmp_path, "methods", "dry-run", "iec-60068-2-2", "--bench", "hot",
                 "--param", "duration=1h", "--lang", "en")  # fmt: skip
    assert said.returncode == 2, said
    assert "keithley_2000" in said.stdout
    assert "temperature" in said.stdout
    assert "50" in said.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["benches"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("iso",), "iso-6892-1"),
        (("iso-6892-1",), "s0"),
        (("iso-6892-1", "--param", "s0=3kg"), "kg"),
        (("iso-6892-1", "--param", "s0=10mm2", "--bench", "climate-1"), "'frame'"),
        (("iso-6892-1", "--param", "s0=10mm2", "--bench", "nowhere"), "nowhere"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, words: tuple[str, ...], named: str):
    said = typed(tmp_path, "methods", "dry-run", *words)
    assert said.returncode == 1
    assert named in said.stderr
    assert "Traceback" not in said.stderr


class Compare(Procedure):
    """Needs what no training bench has together."""

    id = "compare"
    version = "1"
    standard = "none"
    channels = (Channel("resistance", "ohm"), Channel("reactance", "ohm"))
    plots = ()
    first = Needs(Multimeter)  # type: ignore[type-abstract]
    bridge = Needs(LcrMeter)  # type: ignore[type-abstract]

    @phase(limit=60.0)
    def compare(self, run):
        impedance = self.bridge.impedance()
        run.ask("prompt.compare")
        run.record(resistance=impedance.resistance, reactance=impedance.reactance)
        run.sleep(30.0)

    @staticmethod
    def evaluate(dataset, parameters, data):
        return Evaluation(values={}, findings=(), constructions=())


class Impossible(Compare):
    nobody = Needs(type("Oracle", (), {}))


def test_a_method_without_a_bench_gets_one_put_together_from_its_needs():
    with dry_bench(Compare, None, "@py") as (opened, directory):
        assert set(opened.bench.roles) == {"first", "bridge"}
        found = rehearse(Compare, {}, opened.bench, opened.clock, directory)
    assert found.result.ending is Ending.COMPLETED, found.result
    assert found.result.rows == 1
    assert found.duration == pytest.approx(30.0, abs=0.1)
    assert found.channels["reactance"].lowest == found.channels["reactance"].highest


def test_a_role_that_nobody_plays_is_named():
    with pytest.raises(BenchRefused, match="plays Oracle"), dry_bench(Impossible, None, "@py"):
        pass


def test_a_bench_that_was_put_together_can_be_read():
    with dry_bench(Compare, None, "@py") as (_, directory):
        assert read_bench(directory / "bench.toml").clock == "virtual"

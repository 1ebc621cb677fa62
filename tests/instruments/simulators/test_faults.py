"""Faults by hand at the terminal, by script in the bench file, and refused where they cannot be."""

import subprocess
import sys
from pathlib import Path

import pytest

from instruments import registry
from instruments.errors import NoAnswer
from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from testbed.adapters.remote_clock import SimulatorRefused

BENCH = """
name = "meter-1"
[roles.meter]
driver = "keysight_34465a"
serial = "S1"
[simulator]
clock = "virtual"
circuit = {kind = "cell"}
[[simulator.faults]]
role = "meter"
fault = "no_answer"
command = "MEAS"
after = 3600.0
"""


def at_the_terminal(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "testbed", *words, "--home", str(home)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "benches").mkdir()
    (tmp_path / "benches" / "meter-1.toml").write_text(BENCH)
    return tmp_path


def test_a_scripted_fault_comes_when_its_time_has_come(home: Path):
    path = home / "benches" / "meter-1.toml"
    simulator = simulation.start(path, home / "state")
    control = simulator.control()
    try:
        address = read_bench(path).bench("@py", simulator.announcement).roles["meter"].address
        meter = registry.connect("keysight_34465a", address, serial="S1", timeout=0.3)
        right = meter.dc_voltage().value
        assert control.ask("faults")["waiting"][0]["after"] == pytest.approx(3600.0)
        control.ask("sleep", seconds=3601.0)
        with pytest.raises(NoAnswer):
            meter.dc_voltage()
        assert meter.dc_voltage().value == pytest.approx(right, abs=1e-3)
        assert control.ask("faults")["waiting"] == []
        for wrong, named in (
            ({"role": "meter", "fault": "bad_crc"}, "no_answer"),
            ({"role": "metre", "fault": "no_answer"}, "meter"),
            ({"role": "meter", "fault": "no_answer", "second": 1}, "nearest: seconds"),
        ):
            with pytest.raises(SimulatorRefused, match=named):
                control.ask("fault", **wrong)
        meter.close()
    finally:
        control.close()
        simulator.stop()


def test_faults_are_put_and_taken_away_at_the_terminal(home: Path):
    assert at_the_terminal(home, "simulators", "start", "meter-1").returncode == 0
    try:
        put = at_the_terminal(
            home, "simulators", "fault", "meter-1", "meter", "overload", "--count", "2",
            "--command", "VOLT",
        )  # fmt: skip
        assert "overload" in put.stdout.split("Lies in wait")[1]
        refused = at_the_terminal(home, "simulators", "fault", "meter-1", "meter", "on_fire")
        assert refused.returncode == 1
        assert "on_fire" in refused.stderr
        assert "power_cycle" in refused.stderr
        assert at_the_terminal(home, "simulators", "clear", "meter-1").returncode == 0
        assert "No fault" in at_the_terminal(home, "simulators", "fault", "meter-1").stdout
    finally:
        at_the_terminal(home, "simulators", "stop", "meter-1")


def test_an_unknown_table_of_a_world_is_named_with_the_nearest(home: Path):
    path = home / "benches" / "meter-1.toml"
    path.write_text(BENCH.replace("circuit =", "circuits ="))
    with pytest.raises(simulation.SimulatorFailed, match="nearest: circuit"):
        simulation.start(path, home / "state")

"""Dry heat on chambers that are spoken to by registers, and what the commands at the bench say."""

import subprocess
import sys
from pathlib import Path

import pytest
import xarray

from instruments.transcript import read_transcript
from tests.testbed.cli.test_run_at_the_bench import typed, value

BENCH = """
name = "climate-2"
[roles.chamber]
driver = "{driver}"
serial = "{serial}"
over = "{over}"
limits = {{temperature = 120.0}}
[roles.meter]
driver = "keysight_34465a"
serial = "MY00650003"
[simulator]
world = "climatic"
clock = "virtual"
"""


def prepared(home: Path, driver: str, serial: str, over: str) -> Path:
    (home / "benches").mkdir(parents=True)
    text = BENCH.format(driver=driver, serial=serial, over=over)
    (home / "benches" / "climate-2.toml").write_text(text)
    return home


@pytest.mark.parametrize(
    ("driver", "serial", "over", "hours", "near"),
    [
        ("watlow_f4t", "100001", "modbus-tcp", "16", 0.1),
        # In its first half hour a specimen still comes closer.
        ("eurotherm_3504", "EU-7", "modbus-rtu", "0.5", 0.2),
    ],
)
def test_dry_heat_by_registers(
    tmp_path: Path, driver: str, serial: str, over: str, hours: str, near: float
):
    home = prepared(tmp_path / "home", driver, serial, over)
    done = typed(
        home, "run", "iec-60068-2-2", "--bench", "climate-2", "--yes",
        "--param", f"duration={hours}h",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Verdict: Pass" in done.stdout
    assert value(done.stdout, "Tm") == pytest.approx(55.0, abs=near)
    file = Path(done.stdout.strip().splitlines()[-1].removeprefix("Run file: "))
    with xarray.open_dataset(file) as found:
        assert float(found.air_temperature.max()) == pytest.approx(55.0, abs=0.1)
    log = (home / "state" / "climate-2" / "simulator.log").read_text().splitlines()
    assert '"outputs": {"chamber": false}' in log[-1]


def said(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "testbed", *words, "--home", str(home)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_registers_are_asked_for_and_recorded_at_the_bench(tmp_path: Path):
    home = prepared(tmp_path / "home", "watlow_f4t", "100001", "modbus-rtu")
    assert said(home, "simulators", "start", "climate-2").returncode == 0
    try:
        told = said(home, "instruments", "identify", "climate-2/chamber")
        assert told.stdout.split()[:3] == ["Watlow", "F4T", "100001"]
        told = said(home, "instruments", "scan")
        assert "Watlow F4T" in told.stdout
        told = said(
            home, "instruments", "talk", "climate-2/chamber",
            "read 2782 2", "write 2782 0 17008", "read 2782 2",
        )  # fmt: skip
        assert told.stdout.split("\n")[:3] == ["0 16824", "written", "0 17008"]
        told = said(home, "instruments", "talk", "climate-2/chamber", "read 3", "*IDN?")
        assert told.returncode == 1
        assert "exception 2, illegal register" in told.stderr
        assert "accepted: read REGISTER" in told.stderr
        file = tmp_path / "said.txt"
        told = said(home, "instruments", "record", "climate-2/chamber", str(file))
        assert told.returncode == 0, told.stdout
        assert [each.text for each in read_transcript(file)][:1] == ["read 12 19"]
    finally:
        said(home, "simulators", "stop", "climate-2")

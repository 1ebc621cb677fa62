"""``testbed instruments`` over all simulators of the demonstration, without a browser."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from instruments import registry
from instruments.self_check import self_check
from instruments.transcript import read_transcript
from testbed import bootstrap, settings
from testbed.adapters import simulation
from testbed.adapters.benches import bench_files
from testbed.domain.names import Name
from testbed.services.register import NewEquipment

# The simulators of all benches start once.
pytestmark = pytest.mark.xdist_group("instruments-at-the-bench")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a centre with the demonstration's benches and register, its simulators alive."""
    home = tmp_path_factory.mktemp("centre")
    demo = Path(str(files("testbed.demo")))
    shutil.copytree(demo / "benches", home / "benches")
    known = settings.load(home, {})
    testbed = bootstrap.build(known)
    centre = tomllib.loads((demo / "centre.toml").read_text(encoding="utf-8"))
    for each in centre["equipment"]:
        new = NewEquipment(code=each["code"], name=Name(**each["name"]), serial=each["serial"])
        testbed.register.add_equipment(None, new)
    testbed.close()
    simulators = [
        simulation.start(path, known.state(path.stem), ("--log-commands",))
        for path in sorted(known.benches.glob("*.toml"))
    ]
    yield home
    for simulator in simulators:
        simulator.stop()


def typed(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "testbed", *arguments, "--home", str(home)]
    environment = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=100, env=environment, check=False
    )


def rows(text: str) -> dict[str, str]:
    """Give the lines of a scan by bench and role."""
    lines = [line for line in text.splitlines() if "/" in line.split("  ")[0]]
    return {line.split()[0]: line for line in lines[1:]}


def test_a_scan_finds_every_simulator_and_pairs_it_with_the_register(home: Path):
    done = typed(home, "instruments", "scan")
    assert done.returncode == 0, done.stdout + done.stderr
    expected = {
        f"{bench.stem}/{role}": setting
        for bench in (home / "benches").glob("*.toml")
        for role, setting in tomllib.loads(bench.read_text())["roles"].items()
    }
    found = rows(done.stdout)
    assert set(found) == set(expected)
    for place, setting in expected.items():
        assert setting["serial"] in found[place]
        assert f"{setting['equipment']}    ✓" in found[place], found[place]
    assert f"{len(expected)} of {len(expected)} match the register." in done.stdout


def test_a_scan_says_what_does_not_fit(home: Path):
    path = home / "benches" / "utm-1.toml"
    kept = path.read_text()
    path.write_text(kept.replace("LF100-0001", "LF100-0002"))
    try:
        done = typed(home, "instruments", "scan")
    finally:
        path.write_text(kept)
    assert done.returncode == 1
    assert "the bench file expects serial LF100-0002" in rows(done.stdout)["utm-1/frame"]


def test_a_wrong_serial_is_refused_before_any_setting_is_sent(home: Path):
    path = home / "benches" / "battery-2.toml"
    log = home / "state" / "battery-2" / "simulator.log"
    before = len(log.read_text().splitlines())
    kept = path.read_text()
    path.write_text(kept.replace("MY00310002", "MY99999999"))
    try:
        done = typed(home, "instruments", "check", "battery-2/supply")
    finally:
        path.write_text(kept)
    assert done.returncode == 1
    assert "serial MY00310002, expected MY99999999" in done.stderr
    entries = [json.loads(line) for line in log.read_text().splitlines()[before:]]
    said = [entry["line"] for entry in entries if entry["role"] == "supply"]
    assert said == ["*IDN?"]


@pytest.mark.parametrize(
    ("place", "named"),
    [
        ("parts-1/source", "MODEL 2450"),
        ("utm-1/frame", "LF-100"),
        ("materials-1/chamber", "F4T"),
    ],
)
def test_an_instrument_is_identified(home: Path, place: str, named: str):
    done = typed(home, "instruments", "identify", place)
    assert done.returncode == 0, done.stderr
    assert named in done.stdout


def test_lines_are_sent_by_hand(home: Path):
    done = typed(home, "instruments", "talk", "parts-1/generator", "*IDN?", ":OUTP1?")
    assert done.stdout.splitlines()[0].startswith("Rigol Technologies,DG1062Z")
    assert done.stdout.splitlines()[1] == "OFF"
    silent = typed(home, "instruments", "talk", "parts-1/generator", ":NONSENSE?")
    assert silent.returncode == 1
    assert "no answer" in silent.stderr
    nowhere = typed(home, "instruments", "talk", "parts-1/nobody", "*IDN?")
    assert "There is no bench/role 'parts-1/nobody'" in nowhere.stderr


def test_a_conversation_is_recorded_to_be_replayed(home: Path, tmp_path: Path):
    file = tmp_path / "lcr.txt"
    done = typed(home, "instruments", "record", "parts-1/lcr", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    assert any("*IDN?" in str(entry) for entry in read_transcript(file))


def test_every_instrument_of_the_demonstration_passes_its_self_check(home: Path):
    known = settings.load(home, {})
    failed = []
    for name, file in bench_files(known.benches).items():
        alive = simulation.running(known.state(name))
        assert alive is not None
        for role, each in file.bench("@py", alive.announcement).roles.items():
            instrument = registry.connect(
                each.driver, each.address, serial=each.serial, **each.options
            )
            failed += [f"{name}/{role} {found}" for found in self_check(instrument) if found.failed]
            instrument.close()
    assert failed == []

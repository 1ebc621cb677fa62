"""The power goes in the middle of 96 h of dry heat, and the run goes on where its record ends."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import pytest
import xarray

from testbed import bootstrap, settings
from testbed.adapters import simulation
from testbed.cli.runs import _OPERATOR as OPERATOR
from testbed.engine.segments import joined, parts

METHOD = ("run", "iec-60068-2-2", "--bench", "climate-1", "--param", "duration=96h")
HOUR = 3600.0
OUTAGE = 2.5 * HOUR


def command(home: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "testbed", *words, "--home", str(home), "--lang", "en"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_goes_on_after_a_power_cut_and_its_record_shows_the_gap(tmp_path: Path, seed: int):
    hour = random.Random(seed).uniform(6.0, 90.0)
    home = tmp_path / "centre"
    (home / "benches").mkdir(parents=True)
    source = files("testbed.adapters") / "training" / "climate-1.toml"
    bench = home / "benches" / "climate-1.toml"
    bench.write_bytes(source.read_bytes())
    # The chamber and its clock outlive the computer that controls it.
    simulator = simulation.start(bench, home / "state" / "climate-1")
    control = simulator.control()
    centre = bootstrap.build(settings.load(home, {}))
    try:
        began = control.ask("now")["now"]
        first = command(home, *METHOD)
        while control.ask("now")["now"] - began < hour * HOUR:
            assert first.poll() is None, first.communicate()
            time.sleep(0.005)
        os.kill(first.pid, signal.SIGKILL)
        first.communicate()

        until = time.monotonic() + 10
        found = centre.queries.run
        while found(OPERATOR, "R-2026-00001") is None or not _ended(home, centre):
            assert time.monotonic() < until
            time.sleep(0.02)
        assert control.ask("truth")["truth"]["outputs"] == {"chamber": False}
        control.ask("sleep", seconds=OUTAGE)

        (earlier,) = first_files(home)
        second = command(home, *METHOD, "--continues", earlier.stem)
        said, complaints = second.communicate(timeout=60)
        assert second.returncode == 0, said + complaints
    finally:
        centre.close()
        control.close()
        simulator.stop()

    _, later = first_files(home)
    before, after = joined(parts(earlier)), joined(parts(later))
    assert before.attrs["status"] == "interrupted"
    with xarray.open_dataset(later, decode_times=False) as record:
        assert record.attrs["continues"] == parts(earlier)[-1].stem
        assert record.attrs["segment"] == len(parts(earlier)) + 1
    # What was proven before the cut counts, the gap does not.
    proven, held = (float((run["phase"] == 3).sum()) * 60.0 / HOUR for run in (before, after))
    assert proven + held == pytest.approx(96.0, abs=0.1)
    assert "Pass" in said
    with xarray.open_datatree(later, decode_times=False) as tree:
        events = [str(text) for text in tree["events"].dataset["text"].to_numpy()]
    (gap,) = [text for text in events if text.endswith(f"after {parts(earlier)[-1].stem}")]
    # On a virtual clock the last quarter of a second of this computer is an hour and more.
    started = [datetime.fromisoformat(run.attrs["started"]) for run in (before, after)]
    between = (started[1] - started[0]).total_seconds() - float(before["time"][-1])
    assert between >= OUTAGE
    assert float(gap.partition(" ")[0]) == pytest.approx(between, abs=0.01)


def first_files(home: Path) -> list[Path]:
    """List the first file of each run; one of days goes on in others."""
    return sorted(file for file in (home / "runs").rglob("*.h5") if "." not in file.stem)


def _ended(home: Path, centre: bootstrap.Testbed) -> bool:
    rows = centre.queries.runs(OPERATOR).rows
    return bool(rows) and rows[0].ending == "interrupted"

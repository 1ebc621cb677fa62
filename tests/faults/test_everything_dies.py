"""The power goes for bench and computer alike: nothing lives on, and the run goes on afterwards.

``TESTBED_POWER_CUTS=20`` tries that many hours.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import xarray

from testbed import bootstrap, settings
from testbed.adapters import simulation
from testbed.adapters.remote_clock import ControlSocket
from testbed.cli.terminal import TERMINAL
from testbed.engine.segments import joined, parts

METHOD = ("run", "iec-60068-2-2", "--bench", "climate-1", "--param", "duration=96 h", "--yes")
HOUR = 3600.0
CASES = int(os.environ.get("TESTBED_POWER_CUTS", "2"))
# Show 5: the whole of 96 h, both parts, on the virtual clock. Other tests share the processors.
LONGEST = float(os.environ.get("TESTBED_POWER_CUT_SECONDS", "30"))  # [s] of this computer's time


def command(home: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "testbed", *words, "--home", str(home), "--lang", "en"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )


def ours(home: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any(str(home) in word for word in process.info["cmdline"] or ()):
            found.append(process)
    return found


def simulator(home: Path) -> ControlSocket:
    until = time.monotonic() + 30
    while (found := simulation.running(home / "state" / "climate-1")) is None:
        assert time.monotonic() < until
        time.sleep(0.01)
    return found.control()


def first_files(home: Path) -> list[Path]:
    """List the first file of each run; one of days goes on in others."""
    return sorted(file for file in (home / "runs").rglob("*.h5") if "." not in file.stem)


@pytest.mark.parametrize("seed", range(CASES))
def test_a_run_goes_on_after_everything_was_killed(tmp_path: Path, seed: int):
    hour = random.Random(seed).uniform(1.0, 95.0)
    home = tmp_path / "centre"
    begun = time.monotonic()
    first = command(home, *METHOD)
    control = simulator(home)
    began = control.ask("now")["now"]
    while control.ask("now")["now"] - began < hour * HOUR:
        assert first.poll() is None, first.communicate()
        time.sleep(0.02)
    # Simulator, watchdog and run, in no order that any of them could make use of.
    control.close()
    processes = ours(home)
    assert len(processes) >= 3, processes
    for process in processes:
        process.send_signal(signal.SIGKILL)
    first.communicate()
    psutil.wait_procs(processes, timeout=10)
    assert ours(home) == []

    (earlier,) = first_files(home)
    second = command(home, *METHOD, "--continues", earlier.stem)
    said, complaints = second.communicate(timeout=60)
    passed = time.monotonic() - begun
    assert second.returncode == 0, said + complaints
    assert passed < LONGEST, f"cut at {hour:.1f} h: {passed:.1f} s"
    print(f"cut at {hour:.1f} h: {passed:.1f} s")

    _, later = first_files(home)
    proven = 0.0
    for file, status in ((earlier, "interrupted"), (later, "completed")):
        record = joined(parts(file))
        assert record.attrs["status"] == status
        proven += float((record["phase"] == 3).sum()) * 60.0 / HOUR
    assert proven == pytest.approx(96.0, abs=0.1)
    with xarray.open_datatree(later, decode_times=False) as tree:
        events = [str(text) for text in tree["events"].dataset["text"].to_numpy()]
    (gap,) = [text for text in events if text.endswith(f"after {parts(earlier)[-1].stem}")]
    # The clock that was cut off had run ahead; the new one goes on behind it, never before.
    assert 0.0 < float(gap.partition(" ")[0]) < 60.0
    assert "Pass" in said

    centre = bootstrap.build(settings.load(home, {}))
    try:
        endings = {row.number: row.ending for row in centre.queries.runs(TERMINAL).rows}
        assert endings == {earlier.stem: "interrupted", later.stem: "completed"}
        assert not centre.centre.lost_runs("climate-1")
    finally:
        centre.close()

"""A run at the terminal: Ctrl-C in any number, typed keys, and words from other terminals."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import pytest
import xarray

from testbed import bootstrap, settings
from testbed.adapters import simulation
from testbed.bootstrap import Testbed as Centre
from testbed.cli.terminal import TERMINAL
from testbed.services.rows import LiveRow

RUN = "R-2026-00001"


def command(home: Path, *words: str, terminal: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "testbed", *words, "--home", str(home), "--lang", "en"],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def said(home: Path, *words: str) -> tuple[int, str]:
    process = command(home, *words)
    out, complaints = process.communicate(timeout=60)
    return process.returncode, out + complaints


@contextmanager
def bench(home: Path, clock: str) -> Iterator[tuple[simulation.Simulation, Centre]]:
    """The climatic bench, whose simulator outlives the run, and the centre to look into."""
    (home / "benches").mkdir(parents=True)
    source = files("testbed.adapters") / "training" / "climate-1.toml"
    file = home / "benches" / "climate-1.toml"
    file.write_bytes(source.read_bytes())
    simulator = simulation.start(file, home / "state" / "climate-1", ("--clock", clock))
    centre = bootstrap.build(settings.load(home, {}))
    try:
        yield simulator, centre
    finally:
        centre.close()
        simulator.stop()


def live(centre: Centre) -> LiveRow | None:
    rows = centre.queries.live(TERMINAL)
    return rows[0] if rows else None


def until(condition, process: subprocess.Popen[str], within: float = 40.0) -> None:
    ends = time.monotonic() + within
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < ends
        time.sleep(0.02)


def outputs(simulator: simulation.Simulation) -> dict[str, bool]:
    control = simulator.control()
    try:
        return dict(control.ask("truth")["truth"]["outputs"])
    finally:
        control.close()


@pytest.mark.parametrize(("times", "apart"), [(1, 0.0), (2, 0.05), (10, 0.0), (10, 0.03)])
def test_ctrl_c_ends_a_run_safe_however_often_it_comes(tmp_path: Path, times: int, apart: float):
    home = tmp_path / "centre"
    with bench(home, "3000") as (simulator, centre):
        process = command(home, "run", "iec-60068-2-2", "--bench", "climate-1", "--yes")
        until(lambda: (row := live(centre)) is not None and row.rows > 20, process)
        assert outputs(simulator) == {"chamber": True}
        for _ in range(times):
            # A terminal gives Ctrl-C to the whole group.
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(apart)
        out, complaints = process.communicate(timeout=30)
        assert outputs(simulator) == {"chamber": False}
        assert process.returncode == 2, out + complaints
        assert "Traceback" not in complaints
        assert complaints.count("Aborting: the safe actions follow.") == 1
        assert "Aborted by bench." in out
        detail = centre.queries.run(TERMINAL, RUN)
    assert detail is not None
    assert (detail.row.ending, detail.row.outcome) == ("aborted", "invalid")
    (file,) = (home / "runs").rglob("*.h5")
    with xarray.open_dataset(file) as found:
        assert found.attrs["status"] == "aborted"


@pytest.fixture
def keyboard() -> Iterator[tuple[int, int]]:
    """A terminal: the end that a person types into, and the end that the process reads."""
    ends = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)


def events(home: Path) -> list[tuple[str, str]]:
    (file,) = (home / "runs").rglob("*.h5")
    with xarray.open_datatree(file, decode_times=False) as tree:
        found = tree["events"].dataset
        kinds = [str(kind) for kind in found["kind"].to_numpy()]
        texts = [str(text) for text in found["text"].to_numpy()]
    return list(zip(kinds, texts, strict=True))


# A slow ramp, so that all that is said falls into the phase of heating.
LONG = ("run", "iec-60068-2-2", "--bench", "climate-1", "--param", "ramp=0.05 K/min")


def test_another_terminal_answers_pauses_continues_and_stops(tmp_path: Path, keyboard):
    home = tmp_path / "centre"
    with bench(home, "2000") as (simulator, centre):
        process = command(home, *LONG, terminal=keyboard[1])
        until(lambda: (row := live(centre)) is not None and row.prompt is not None, process)
        code, words = said(home, "runs", "answer", RUN, "7")
        assert code == 1
        assert "7" in words
        code, words = said(home, "runs", "answer", RUN, "1")
        assert (code, words.strip()) == (0, "Answered.")
        until(lambda: live(centre).rows > 0, process)
        assert said(home, "runs", "answer", RUN, "1")[0] == 1, "nothing is asked now"
        assert said(home, "runs", "pause", RUN)[0] == 0
        until(lambda: live(centre).paused, process)
        assert live(centre).row.state == "paused"
        assert said(home, "runs", "continue", RUN)[0] == 0
        until(lambda: not live(centre).paused, process)
        phase = live(centre).phase
        assert said(home, "runs", "stop", RUN, "--login", "nobody")[0] == 1
        assert said(home, "runs", "stop", RUN)[0] == 0
        out, complaints = process.communicate(timeout=60)
        assert outputs(simulator) == {"chamber": False}
        code, words = said(home, "runs", "pause", RUN)
        assert code == 1
        assert "ended" in words
    assert process.returncode == 2, complaints
    assert f"Stopped by bench after phase {phase}" in out
    assert "Invalid" in out
    told = events(home)
    assert ("answer", "1: option.done by bench") in told
    assert {"pause", "resume", "stop"} <= {kind for kind, _ in told}
    assert [text for kind, text in told if kind == "phase"][-1] == phase


def test_keys_at_the_terminal_of_the_run_do_the_same(tmp_path: Path, keyboard):
    home, person = tmp_path / "centre", keyboard[0]
    with bench(home, "2000") as (_, centre):
        process = command(home, *LONG, terminal=keyboard[1])
        until(lambda: (row := live(centre)) is not None and row.prompt is not None, process)
        os.write(person, b"7\n1\n")
        until(lambda: live(centre).rows > 0, process)
        os.write(person, b"x\np\n")
        until(lambda: live(centre).paused, process)
        os.write(person, b"c\n")
        until(lambda: not live(centre).paused, process)
        os.write(person, b"s\n")
        out, complaints = process.communicate(timeout=60)
    assert process.returncode == 2, complaints
    assert "Type a number from 1 to 1." in complaints
    assert "x is no key; accepted: p, c, s, a" in complaints
    assert "Stopped by bench after phase" in out

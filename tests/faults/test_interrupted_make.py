"""Ctrl-C that only make receives stops every process that the centre started."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from testbed import bootstrap, settings
from testbed.domain.names import Name
from testbed.domain.people import Role
from tests.journeys.centre import free_port, status


def test_an_interrupted_make_leaves_no_process_behind(tmp_path: Path):
    home, port = tmp_path / "centre", free_port()
    testbed = bootstrap.build(settings.load(home, {}))
    testbed.register.add_organisation(None, "centre", Name("센터", "Centre"))
    testbed.people.create_account(
        "office", Name("운영실", "Office"), "centre", [Role.OFFICE], "a long password"
    )
    testbed.close()
    (tmp_path / "Makefile").write_text(
        f"serve:\n\t@exec {sys.executable} -m testbed serve --with-parent --no-browser "
        f"--home {home} --port {port}\n"
    )
    with (tmp_path / "log").open("wb") as words:
        make = subprocess.Popen(
            ["make", "serve"], cwd=tmp_path, stdout=words, stderr=words, start_new_session=True
        )
    until = time.monotonic() + 50
    while status(f"http://127.0.0.1:{port}/health") != 200:
        assert make.poll() is None, (tmp_path / "log").read_text()
        assert time.monotonic() < until, (tmp_path / "log").read_text()
        time.sleep(0.3)
    started = [process for process in psutil.process_iter(["cmdline"]) if _ours(process, home)]
    assert len(started) >= 10
    os.kill(make.pid, signal.SIGINT)
    make.wait(40)
    until = time.monotonic() + 10
    while (left := [each for each in started if _runs(each)]) and time.monotonic() < until:
        time.sleep(0.1)
    said = (tmp_path / "log").read_text()
    assert left == [], said
    assert "Everything has stopped; every bench is safe." in said
    assert status(f"http://127.0.0.1:{port}/health") == 0


def _ours(process: psutil.Process, home: Path) -> bool:
    return any(str(home) in word for word in process.info["cmdline"] or ())


def _runs(process: psutil.Process) -> bool:
    """Tell whether a process lives; one that only waits for PID 1 to count it has ended."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False

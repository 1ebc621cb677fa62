"""Who ends the processes of a centre says which of them did not end well."""

import os
import signal
from pathlib import Path

import pytest

from testbed import bootstrap, settings
from testbed.adapters.supervision import Supervisor
from tests.journeys.centre import free_port


@pytest.mark.parametrize("killed", [False, True])
def test_a_process_that_did_not_end_well_is_named(tmp_path: Path, killed: bool):
    bootstrap.build(settings.load(tmp_path, {})).close()
    said: list[str] = []
    centre = Supervisor(tmp_path, said.append)
    log = tmp_path / "web.log"
    centre.add("web", ("web", "--home", str(tmp_path), "--port", str(free_port())), log)
    if killed:
        os.kill(centre.pids()["web"], signal.SIGKILL)
    assert centre.stop() is not killed
    assert said == [f"web did not end well; see {log}"] * killed

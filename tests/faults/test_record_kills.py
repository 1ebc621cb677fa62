"""The process that records is killed, and all but the last second stands in the file."""

import os
from pathlib import Path

import pytest

from tests.faults.record_kills import kills, table


def _wrong(trials) -> list[str]:
    return [f"{each.shape}, {each.aim}: {'; '.join(each.wrong)}" for each in trials if each.wrong]


def test_a_killed_recording_opens_with_every_value_right(tmp_path: Path):
    trials = kills(8, tmp_path, seed=4)
    assert _wrong(trials) == []
    assert any(each.rows > 0 for each in trials), table(trials)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_thousand_killed_recordings_open_with_every_value_right(tmp_path: Path):
    trials = kills(int(os.environ.get("TESTBED_KILLS", "1000")), tmp_path, seed=5)
    assert _wrong(trials) == []
    assert {"interrupted", "completed"} <= {each.status for each in trials}

"""Whatever strikes a run, each output is off within 5 s, or the bench says *unsafe* and refuses."""

import os
import random
from pathlib import Path

import pytest

from tests.faults.storm import BENCHES, WAYS, storm

SHARE = {
    "battery-1": ["unplug and kill", "interrupt twice", "unplug"],
    "climate-1": ["abort", "kill"],
    "utm-1": ["interrupt twice", "unplug"],
}


@pytest.mark.parametrize("bench", BENCHES)
def test_a_struck_run_leaves_nothing_on(bench: str, tmp_path: Path):
    assert storm(bench, tmp_path, SHARE[bench], seed=1) == []


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("bench", BENCHES)
def test_a_storm_of_five_hundred_leaves_nothing_on(bench: str, tmp_path: Path):
    strikes = -(-int(os.environ.get("TESTBED_STORM", "500")) // len(BENCHES))
    ways = random.Random(bench).choices(WAYS, k=strikes)
    assert storm(bench, tmp_path, ways, seed=2) == []

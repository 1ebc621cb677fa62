"""A disk that is full, read-only or gone under a recording costs what it refused, and no more."""

import os
from pathlib import Path

import pytest

from tests.faults.record_disk import ON_SMALL_DISKS, WAYS, cut_off, failing, refusals, slow, table
from tests.faults.writelog import shim


def _wrong(found) -> list[str]:
    return [f"{each.way}, {each.shape}: {'; '.join(each.wrong)}" for each in found if each.wrong]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    built = shim(tmp_path)
    if built is None:
        pytest.skip("no C compiler: writes that fail cannot be tried here")
    return built


@pytest.fixture
def root() -> None:
    if os.geteuid():
        pytest.skip("only root mounts small file systems")


def test_a_write_that_fails_leaves_all_that_was_written_before(tmp_path: Path, library: Path):
    found = refusals(2, tmp_path / "trials", library, seed=22, ways=(failing,))
    assert _wrong(found) == []
    assert {"gave up"} <= {each.ended for each in found}, table(found)


def test_a_disk_that_takes_seconds_to_confirm_costs_no_more_than_another(
    tmp_path: Path, library: Path
):
    found = refusals(2, tmp_path / "trials", library, seed=15, ways=(slow,))
    assert _wrong(found) == []


@pytest.mark.usefixtures("root")
def test_a_small_disk_that_fills_up_or_turns_read_only_is_told_and_survived(tmp_path: Path):
    found = refusals(3, tmp_path / "trials", None, seed=12, ways=ON_SMALL_DISKS[::-1])
    assert _wrong(found) == []
    assert any(each.refusals for each in found), table(found)


@pytest.mark.usefixtures("root")
def test_a_file_system_that_is_gone_has_what_is_older_than_a_second(tmp_path: Path):
    found = refusals(1, tmp_path / "trials", None, seed=13, ways=(cut_off,))
    assert _wrong(found) == []


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.usefixtures("root")
def test_two_hundred_disks_that_refuse_cost_what_they_refused(tmp_path: Path, library: Path):
    count = int(os.environ.get("TESTBED_DISKS", "200"))
    found = refusals(count, tmp_path / "trials", library, seed=14, ways=WAYS)
    assert _wrong(found) == []

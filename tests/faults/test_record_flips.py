"""One flipped bit anywhere in a sealed file is found, and the part that it hit is named."""

import os
from pathlib import Path

import pytest

from tests.faults.record_flips import flips, table


def _wrong(found) -> list[str]:
    return [f"{each.file}, byte {each.byte} bit {each.bit}: {each.wrong}"
            for each in found if each.wrong]  # fmt: skip


def test_a_flipped_bit_is_found_and_located(tmp_path: Path):
    found = flips(600, tmp_path, seed=21, at_once=200, names=("all kinds", "one row", "empty"))
    assert _wrong(found) == []
    assert {"structure", "seal", "time", "counts/raw"} <= {each.part for each in found}, table(
        found
    )


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_ten_thousand_flipped_bits_are_found_and_located(tmp_path: Path):
    found = flips(int(os.environ.get("TESTBED_FLIPS", "10000")), tmp_path, seed=22)
    assert _wrong(found) == []

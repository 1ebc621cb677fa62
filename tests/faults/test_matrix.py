"""No fault of a link or an instrument becomes a wrong reading, and each is called by its name."""

from pathlib import Path

import pytest

from tests.faults.matrix import PAGE, drivers, row, transports

TRIED = [(driver, over) for driver in drivers() for over in transports(driver)]


@pytest.mark.parametrize(("driver", "over"), TRIED)
def test_every_fault_is_named_and_none_becomes_a_reading(driver: str, over: str, tmp_path: Path):
    cells = list(row(driver, tmp_path, over=over))
    assert cells
    assert [cell for cell in cells if not cell.holds] == []


def test_the_table_in_the_reference_has_every_driver():
    page = PAGE.read_text(encoding="utf-8")
    assert [driver for driver in drivers() if f"| `{driver}` |" not in page] == []

"""The page of complaints names tests that exist: none of them is answered by words alone."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "complaints.md"


def missing(page: str) -> list[str]:
    """List what a page names as a test and no file defines."""
    defined = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    return [name for name in re.findall(r"`(test_\w+)`", page) if name not in defined]


def test_every_complaint_has_its_test():
    page = PAGE.read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 29
    assert all("`test_" in row for row in rows)
    assert missing(page) == []


def test_the_guard_sees_a_test_that_is_not_there():
    assert missing("`test_of_nothing_at_all`") == ["test_of_nothing_at_all"]

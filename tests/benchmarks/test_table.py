"""The table of figures as text, for programs, and as part of a page."""

from pathlib import Path

import click
import pytest

from runs.benchmarks.figures import Figure
from testbed.cli.benchmark_runs import PARTS, records, summary, table_rows, told, write_page

FIGURES = [
    Figure(measured="fast", result="3 /s", value=0.8, against="raw", at_least=0.75),
    Figure(measured="slow", result="7 ms", value=7.0, unit="ms", at_most=5),
    Figure(measured="absent", at_least=2, missing="no rivals"),
    Figure(measured="told", result="1 GB"),
]


def test_every_row_says_whether_its_limit_holds():
    assert [row[-1] for row in table_rows(FIGURES)] == ["yes", "NO", "NO", ""]
    assert table_rows(FIGURES)[2][2] == "NOT MEASURED: no rivals"
    assert summary(FIGURES) == "1 of 3 limits hold; not: slow, absent"
    assert summary(FIGURES[:1]) == "1 of 1 limits hold"


def test_programs_get_numbers():
    told_to_programs = records(FIGURES)
    assert [each["holds"] for each in told_to_programs] == [True, False, False, None]
    assert [each["value"] for each in told_to_programs] == [0.8, 7.0, None, None]


def test_the_table_replaces_the_one_in_the_page(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- measured -->\nstale\n<!-- end of measured -->\nafter\n")
    heads = ("Measured", "Result", "Ratio", "Asked", "Holds")
    write_page(page, heads, FIGURES)
    write_page(page, heads, FIGURES)
    text = page.read_text()
    assert text.startswith("before\n<!-- measured -->\nMeasured on ")
    assert text.endswith("<!-- end of measured -->\nafter\n")
    assert "stale" not in text
    assert text.count("| fast | 3 /s | 0.8 x raw | ≥ 0.75 x | yes |") == 1
    page.write_text("no marks")
    with pytest.raises(click.BadParameter):
        write_page(page, heads, FIGURES)


def test_an_unknown_part_is_refused_before_anything_is_measured():
    with pytest.raises(click.BadParameter, match="rows, blocks"):
        told(("rowz",), full=False)
    assert set(PARTS) >= {"rows", "blocks", "cpu", "windows", "many", "catalogue", "live"}

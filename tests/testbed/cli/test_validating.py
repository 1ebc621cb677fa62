"""Published values beside what is obtained, as the command prints them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from testbed.validation.cases import Case, by_digits, by_rounding, by_tolerance
from testbed.validation.table import Section, page
from tests.norms.reference import reference


def validate(*arguments: str, **environment: str):
    command = [sys.executable, "-m", "testbed", "methods", "validate", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )


def test_every_published_value_of_a_method_is_printed_with_what_was_obtained():
    folder = reference("SOURCES.md").parent
    said = validate("iso-6892-1", "iec-61960-3", "dwells of a log", "--reference", str(folder))
    assert said.returncode == 0, said.stdout + said.stderr
    assert "737.11" in said.stdout
    assert "values are as asked" in said.stdout
    assert " NO" not in said.stdout


def test_without_reference_data_the_command_says_where_it_looked(tmp_path: Path):
    said = validate(TESTBED_REFERENCE=str(tmp_path / "none"))
    assert said.returncode == 1
    assert f"no reference data in {tmp_path / 'none'}" in said.stderr
    assert "TESTBED_REFERENCE" in said.stderr


def test_nothing_to_hold_against_is_no_success(tmp_path: Path):
    said = validate("iso-6892-1", "--reference", str(tmp_path))
    assert said.returncode == 1
    assert "0 of 0 values" in said.stdout


def test_a_part_that_is_not_there_is_named_with_those_that_are(tmp_path: Path):
    said = validate("iso-9999", "--reference", str(tmp_path))
    assert said.returncode == 2
    assert "iso-9999: it is one of statistics, uncertainty, iso-6892-1" in said.stderr


@pytest.mark.parametrize(
    ("published", "obtained", "holds"),
    [
        ("12.5", 12.549, True),
        ("12.5", 12.551, False),
        ("-0.1712", -0.171204, True),
        ("2.5e-7", 2.54e-7, True),
        ("2.5e-7", 2.56e-7, False),
    ],
)
def test_as_printed_means_half_a_unit_of_the_last_digit(published, obtained, holds):
    assert by_rounding("x", published, obtained).holds is holds


def test_digits_are_counted_from_the_relative_error():
    assert by_digits("x", "2.0", 2.0 * (1 + 1e-7), 6.9).holds
    assert not by_digits("x", "2.0", 2.0 * (1 + 1e-7), 7.1).holds
    assert by_digits("x", "0", 1e-9, 8.9).holds
    assert not by_digits("x", "2.0", float("nan"), 1).holds
    assert not by_tolerance("x", "2.0", float("nan"), 1.0).holds


def test_a_page_without_marks_is_refused_and_one_with_them_keeps_its_text():
    case = Case(source="a | b", published="1", obtained="1", asked="as printed", holds=True)
    found = [(Section("part", lambda _: iter(())), (case,))]
    with pytest.raises(ValueError, match="validated"):
        page("# Title", found)
    text = page("before\n<!-- validated -->\nearlier\n<!-- end of validated -->\nafter", found)
    assert text.startswith("before\n<!-- validated -->\n### part: 1 of 1 hold")
    assert "a \\| b" in text
    assert "earlier" not in text
    assert text.endswith("<!-- end of validated -->\nafter")

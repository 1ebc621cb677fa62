"""Files that nobody would write by hand, and that arrive all the same."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import runs
from runs.imports import ImportPlan, ImportRefused, Mapped, Problem, contents, previewed

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
STARTED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TABLE = "시간 [s],하중 [N]\r\n0,1.5\r\n1,2.5\r\n2,3.5\r\n"
FORCE = (Mapped("하중", "force"),)


def take(path: Path, content: bytes, **plan: object) -> np.ndarray:
    path.write_bytes(content)
    plan = {"started": STARTED, "channels": FORCE, **plan}
    target = path.with_suffix(".h5")
    runs.imported(path, target, ImportPlan(**plan), now=NOW)  # type: ignore[arg-type]
    with runs.open(target, decode_times=False) as run:
        return run.force.values


def refused(path: Path, content: bytes, **plan: object) -> list[Problem]:
    with pytest.raises(ImportRefused) as caught:
        take(path, content, **plan)
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert all(isinstance(each, Problem) for each in caught.value.problems)
    return list(caught.value.problems)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp949"]
)
def test_korean_headings_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    assert take(tmp_path / "a.csv", TABLE.encode(encoding)).tolist() == [1.5, 2.5, 3.5]


def test_line_ends_of_every_kind_in_one_file(tmp_path: Path) -> None:
    mixed = "시간 [s],하중 [N]\r0,1.5\n\n1,2.5\r\n\r\n2,3.5".encode()
    assert take(tmp_path / "a.csv", mixed).tolist() == [1.5, 2.5, 3.5]


def test_a_nul_in_a_cell_is_named(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path / "a.csv", TABLE.replace("2.5", "2\0.5").encode())
    assert (problem.code, problem.values["place"]) == ("no-number", "line 3")


def test_a_huge_cell_is_refused_and_not_repeated(tmp_path: Path) -> None:
    for count in (100_000, 1_000_000):
        problems = refused(tmp_path / "a.csv", TABLE.replace("2.5", "2" * count + "x").encode())
        assert len("".join(problems)) < 1000


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, 5000, dtype="u1").tobytes()
    refused(tmp_path / "a.csv", noise)
    refused(tmp_path / "a.csv", b"")
    refused(tmp_path / "a.csv", "\ufeff".encode())


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
@example(b"\xff\xfe")
@example(b"\xff\xfe0")
@example(b'"')
@example(b"0,1\n" * 3 + b'"')
def test_no_bytes_bring_anything_but_a_refusal_or_a_run(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("bytes") / "a.csv"
    path.write_bytes(content)
    plan = ImportPlan(interval=1.0, started=STARTED, channels=(Mapped(0, "force", "N"),))
    try:
        found = previewed(path, plan)
    except ImportRefused:
        return
    assert len(found.time) == len(found.columns["force"]) == len(found.places)


def test_lines_of_numbers_above_the_table_are_no_rows(tmp_path: Path) -> None:
    head = "Machine,UTM-1,,\nArea,35.7,mm^2,\nLength,50,mm,\n,,,\n"
    path = tmp_path / "a.csv"
    path.write_text(head + "time,force,strain,note\n(s),(N),(1),()\n0,1,2,3\n1,2,3,4\n")
    inside = contents(path)
    assert [each.name for each in inside.headings] == ["time", "force", "strain", "note"]
    assert ("Area", "35.7", "mm^2", "") in inside.preamble
    assert inside.time == 0
    plan = ImportPlan(started=STARTED, channels=(Mapped("force", "force"),))
    assert previewed(path, plan).columns["force"].tolist() == [1.0, 2.0]


def test_a_line_of_text_inside_the_table_is_named_and_does_not_begin_it_anew(
    tmp_path: Path,
) -> None:
    rows = "0,1\n" + "paused,by hand\n" + "".join(f"{n},1\n" for n in range(1, 50))
    problems = refused(tmp_path / "a.csv", f"시간 [s],하중 [N]\n{rows}".encode())
    assert {each.values["place"] for each in problems} == {"line 3"}


@pytest.mark.parametrize(
    ("cells", "plan", "values"),
    [
        (("1.234,5", "2,5"), {"thousands": ".", "decimal": ","}, [1234.5, 2.5]),
        (('"1,234.5"', "2.5"), {"thousands": ","}, [1234.5, 2.5]),
        (("1'234.5", "2.5"), {"thousands": "'"}, [1234.5, 2.5]),
        (("1,234", "0,5"), {}, [1.234, 0.5]),
        (("1,234", "2,345"), {"decimal": ","}, [1.234, 2.345]),
        (("1,234", "2,345"), {"thousands": ",", "decimal": "."}, [1234.0, 2345.0]),
    ],
)
def test_marks_of_thousands_and_decimals_that_are_told_or_plain(
    tmp_path: Path, cells: tuple[str, str], plan: dict[str, object], values: list[float]
) -> None:
    delimiter = "," if '"' in cells[0] else ";"
    lines = [f"시간 [s]{delimiter}하중 [N]"]
    lines += [f"{n}{delimiter}{cell}" for n, cell in enumerate(cells)]
    assert take(tmp_path / "a.csv", "\n".join(lines).encode(), **plan).tolist() == values


@pytest.mark.parametrize(
    ("cells", "code", "place"),
    [
        (("1,234", "2,345"), "ambiguous", "line 2"),
        (("1,5", "2,5", "1.234"), "grouped", "line 4"),
        (("1,5", "1.234"), "column-no-numbers", "line 2"),
        (("1.5", "1.234,5"), "grouped-only", "line 3"),
        (("0.5", "1,234"), "grouped", "line 3"),
        (("0.5", "12,34"), "other-decimal", "line 3"),
        (("0,5", "1,2,3"), "no-number", "line 3"),
    ],
)
def test_marks_that_are_mixed_or_doubtful_are_refused_with_their_row(
    tmp_path: Path, cells: tuple[str, ...], code: str, place: str
) -> None:
    rows = "".join(f"{n};{cell}\n" for n, cell in enumerate(cells))
    (problem,) = refused(tmp_path / "a.csv", f"시간 [s];하중 [N]\n{rows}".encode())
    assert (problem.code, problem.values["place"]) == (code, place)


sentinels = st.sampled_from(
    ["9.9E37", "+9.90000000E+37", "9.91e37", "-9.9E+37", "-1e38", "1E38", "3.4028235e38",
     "1.7976931348623157e308", "-3.4e38", "9.8999998e37"]
)  # fmt: skip
words = st.sampled_from(
    ["", "NaN", "-nan", "N/A", "#N/A", "1.#QNAN", "-1.#IND", "OL", "O.L", "----", "***", "OVLD",
     "결측", "null", "Overload"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(sentinels, words, st.just("1.5")), min_size=1, max_size=30))
def test_every_word_for_no_value_becomes_a_gap_with_its_place(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str]
) -> None:
    path = tmp_path_factory.mktemp("gaps") / "a.csv"
    rows = "".join(f"{n},{cell}\n" for n, cell in enumerate(["1.5", *cells]))
    path.write_text(f"time [s],force [N]\n{rows}", "utf-8")
    found = previewed(path, ImportPlan(started=STARTED))
    gaps = {n + 3 for n, cell in enumerate(cells) if cell != "1.5"}
    nan = np.flatnonzero(np.isnan(found.columns["force"])) + 2
    assert set(nan.tolist()) == gaps
    told = [*found.imported.replaced, *found.imported.blanks]
    assert sum(each.count for each in told) == len(gaps)
    places = {place for each in told for place in each.places}
    assert places == {f"line {line}" for line in gaps}


def test_columns_by_number_conversions_and_what_the_file_lacks(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time [s],F,F\n0,1,5\n1,9.9e37,6\n")
    plan = ImportPlan(
        started=STARTED,
        channels=(Mapped(2, "force", "N", 1000.0), Mapped(1, "t", "degC", 1.0, 1.0)),
        absent=(("travel", "mm"),),
        phases=("before", "in"),
        phase_changes=((0, 0), (1, 1)),
    )
    found = previewed(path, plan)
    assert found.columns["force"].tolist() == [5000.0, 6000.0]
    np.testing.assert_array_equal(found.columns["t"], [2.0, np.nan])
    runs.imported(path, tmp_path / "run.h5", plan, now=NOW)
    with runs.open(tmp_path / "run.h5", decode_times=False) as run:
        assert run.travel.isnull().all()
        assert run.phase.values.tolist() == [0, 1]
    with pytest.raises(ImportRefused, match="no column 3; columns are counted from 0 to 2"):
        previewed(path, ImportPlan(started=STARTED, channels=(Mapped(3, "x", "N"),)))
    with pytest.raises(ImportRefused, match="2 columns of it called 'F'"):
        previewed(path, ImportPlan(started=STARTED, channels=(Mapped("F", "x", "N"),)))


def test_a_day_and_a_clock_in_two_columns_are_one_instant(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("date,clock,T [degC]\n2026-03-02,09:00:00,20\n2026-03-02,09:00:30,21\n")
    plan = ImportPlan(time="date", clock="clock", channels=(Mapped("T", "t"),))
    found = previewed(path, plan)
    assert found.started == STARTED
    assert found.time.tolist() == [0.0, 30.0]
    path.write_text("date,clock,T [degC]\n2026-03-02,09:00:00,20\n2026-03-02,25:00:30,21\n")
    with pytest.raises(ImportRefused, match="line 3: date: '2026-03-02 25:00:30' is no instant"):
        previewed(path, plan)


def test_a_spare_column_refuses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time [s],F [N],G\n0,1,5\n1,2,broken\n2,3\n3,4,inf\n")
    plan = ImportPlan(
        started=STARTED, channels=(Mapped("F", "force"), Mapped("G", "g", "1", spare=True))
    )
    found = previewed(path, plan)
    np.testing.assert_array_equal(found.columns["g"], [5.0, np.nan, np.nan, np.nan])
    assert {each.text for each in found.imported.blanks} == {"broken", ""}

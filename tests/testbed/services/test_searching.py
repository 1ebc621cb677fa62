"""A search is written and read back alike; what cannot be read is named with what is accepted."""

from datetime import UTC, date, datetime

import pytest

from testbed.adapters.bigrams import asked, kept
from testbed.domain.objections import Refused
from testbed.services.searching import ResultRange, Search, read_range, read_search, write_search


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("rp02>=300", ResultRange(quantity="rp02", low=300)),
        (" rp02 < 4e2 ", ResultRange(quantity="rp02", high=400, open_high=True)),
        ("rm=400..550 MPa", ResultRange(quantity="rm", low=400, high=550, unit="MPa")),
        ("rm=..550", ResultRange(quantity="rm", high=550)),
        ("a=-1.5", ResultRange(quantity="a", low=-1.5, high=-1.5)),
        ("r2>.99 [1]", ResultRange(quantity="r2", low=0.99, open_low=True, unit="1")),
        ("capacity [A h]", ResultRange(quantity="capacity", unit="A h")),
        ("a>20 %", ResultRange(quantity="a", low=20, open_low=True, unit="%")),
    ],
)  # fmt: skip
def test_ranges_are_read_as_people_type_them(typed: str, means: ResultRange) -> None:
    assert read_range(typed) == means
    assert read_range(str(means)) == means


@pytest.mark.parametrize(
    "typed", ["", "300", "rm>", ">3", "rm=>3", "rm=5..1", "rm>inf", "rm>=x", "rm at least 300"]
)
def test_what_is_no_range_is_refused_with_what_was_given(typed: str) -> None:
    refused = read_range(typed)
    assert isinstance(refused, Refused)
    assert refused.objections[0].code == "search-result"
    assert refused.objections[0].values == {"given": typed}


def test_a_search_is_written_and_read_back() -> None:
    search = Search(
        words="인장 test",
        chosen={"method": ("a", "b"), "state": ("completed",)},
        specimen="판재",
        first=date(2026, 1, 1),
        last=date(2026, 2, 1),
        results=(
            ResultRange(quantity="rm", low=1, high=2, open_low=True),
            ResultRange(quantity="a", high=3, unit="%"),
        ),
        sort="highest",
        page=3,
        size=50,
    )
    assert read_search(write_search(search)) == search
    assert write_search(Search()) == {}
    assert search.narrows
    assert not Search(sort="oldest", page=2).narrows
    assert search.start == datetime(2025, 12, 31, 15, tzinfo=UTC)
    assert search.end == datetime(2026, 2, 1, 15, tzinfo=UTC)


def test_everything_wrong_is_told_at_once() -> None:
    refused = read_search(
        {"from": ["x"], "state": ["zz"], "sort": ["q"], "result": [">"], "page": ["-1"]}
    )
    assert isinstance(refused, Refused)
    assert [each.code for each in refused.objections] == [
        "search-value", "search-result", "search-date", "search-value",
    ]  # fmt: skip
    assert "interrupted" in str(refused.objections[0].values["accepted"])
    backwards = read_search({"from": ["2026-02-01"], "to": ["2026-01-01"]})
    assert isinstance(backwards, Refused)


def test_words_are_kept_with_their_beginnings_and_korean_in_pairs() -> None:
    assert {"인장", "장시", "시험", "험을", "인"} <= kept("인장시험을")
    assert {"r-2026-00042", "00042", "2026-0", "r"} <= kept("R-2026-00042")
    assert {"sus304", "304", "30"} <= kept("SUS304")
    assert not any(piece.endswith("-") for piece in kept("R-2026-00042"))
    # A space does not part Korean words; a line of other letters does.
    assert "료인" in kept("재료 인장")
    assert "료인" not in kept("재료 x 인장")


@pytest.mark.parametrize(
    "text", ["인장시험을", "R-2026-00042", "SUS304 판재 3호", "µ-meter Ω", "가"]
)
def test_a_text_is_found_by_itself(text: str) -> None:
    assert asked(text)
    assert set(asked(text)) <= kept(text)

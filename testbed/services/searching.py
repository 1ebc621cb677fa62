"""What can be asked of the catalogue, and how it is written: in an address, by REST, at a terminal.

One set of names serves all three, so that a search can be handed on from any of them to another.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from testbed.domain.conformity import Outcome
from testbed.domain.objections import Objection, Refused
from testbed.domain.review import ReviewState
from testbed.engine.ports import Ending

__all__ = [
    "FACETS",
    "SORTS",
    "STATES",
    "ResultRange",
    "Search",
    "read_range",
    "read_search",
    "write_search",
]

_CENTRE = ZoneInfo("Asia/Seoul")
_LONGEST = 200  # letters
_MOST_VALUES = 40  # of one facet at once
_LARGEST_PAGE = 200

STATES = ("queued", "running", *(str(each) for each in Ending))
FACETS: Mapping[str, tuple[str, ...] | None] = {
    "method": None,
    "equipment": None,
    "firm": None,
    "state": STATES,
    "outcome": tuple(str(each) for each in Outcome),
    "review": tuple(str(each) for each in ReviewState),
    "year": None,
}
"""What runs are sorted by into groups, with the values that there can be; None for any."""

SORTS = ("newest", "oldest", "highest", "lowest")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRange:
    """A range that a result lies in.

    Attributes
    ----------
    quantity
        Name of the measurement in its method ("rp02").
    low, high
        In the unit of the measurement, both included unless `open_low` or `open_high`.
    unit
        Where several methods give the quantity in different units; "" takes any.
    """

    quantity: str
    low: float | None = None
    high: float | None = None
    open_low: bool = False
    open_high: bool = False
    unit: str = ""

    def __str__(self) -> str:
        unit = f" [{self.unit}]" if self.unit else ""
        low = None if self.low is None else f"{self.low:.12g}"
        high = None if self.high is None else f"{self.high:.12g}"
        if low is not None and high is not None and not (self.open_low or self.open_high):
            return f"{self.quantity}={low}..{high}{unit}"
        parts = []
        if low is not None:
            parts.append(f"{self.quantity}{'>' if self.open_low else '>='}{low}{unit}")
        if high is not None:
            parts.append(f"{self.quantity}{'<' if self.open_high else '<='}{high}{unit}")
        return ",".join(parts) or f"{self.quantity}{unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One question to the catalogue; all of it has to hold.

    Attributes
    ----------
    words
        Free text; each word has to be found.
    chosen
        Facet to values, one of which has to hold.
    specimen
        Words that the specimen's number or name has.
    first, last
        Days on which the run started, both included.
    results
        Ranges that results lie in.
    sort
        "newest", "oldest", or "highest" and "lowest" by the first of `results`.
    """

    words: str = ""
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    specimen: str = ""
    first: date | None = None
    last: date | None = None
    results: tuple[ResultRange, ...] = ()
    sort: str = "newest"
    page: int = 1
    size: int = 25

    @property
    def narrows(self) -> bool:
        """Whether anything was asked at all."""
        plain = Search(sort=self.sort, page=self.page, size=self.size)
        return replace(self, chosen={k: v for k, v in self.chosen.items() if v}) != plain

    @property
    def start(self) -> datetime | None:
        """The first instant, UTC."""
        return None if self.first is None else _midnight(self.first)

    @property
    def end(self) -> datetime | None:
        """The first instant that lies behind the last day, UTC."""
        return None if self.last is None else _midnight(self.last + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), _CENTRE).astimezone(UTC)


_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_QUANTITY = r"\s*(?P<quantity>[^\W\d]\w*)\s*"
_UNIT = r"\s*(?:\[(?P<unit>[^\[\],]+)\]|(?P<bare>[^\s\d.<>=,\[\]][^<>=,\[\]]*?))?\s*"
_COMPARED = re.compile(rf"{_QUANTITY}(?P<sign>>=|<=|>|<|=)\s*(?P<number>{_NUMBER}){_UNIT}")
_BETWEEN = re.compile(rf"{_QUANTITY}=\s*(?P<low>{_NUMBER})?\s*\.\.\s*(?P<high>{_NUMBER})?{_UNIT}")
# A bare unit would be taken for words that were meant otherwise.
_ALONE = re.compile(rf"{_QUANTITY}(?:\[(?P<unit>[^\[\],]+)\])?(?P<bare>)\s*")


def read_range(text: str) -> ResultRange | Refused:
    """Read a range as people type it: ``rp02>=300``, ``rm=400..550 MPa``, ``a>20``, ``rm``.

    A name alone asks for runs that have such a result.
    """
    found: ResultRange | None = None
    if matched := _BETWEEN.fullmatch(text):
        low, high = (
            None if matched[end] is None else float(matched[end]) for end in ("low", "high")
        )
        found = ResultRange(quantity=matched["quantity"], low=low, high=high)
    elif matched := _COMPARED.fullmatch(text):
        sign, number = matched["sign"], float(matched["number"])
        found = ResultRange(
            quantity=matched["quantity"],
            low=number if sign in (">=", ">", "=") else None,
            high=number if sign in ("<=", "<", "=") else None,
            open_low=sign == ">",
            open_high=sign == "<",
        )
    elif matched := _ALONE.fullmatch(text):
        found = ResultRange(quantity=matched["quantity"])
    if found is None or matched is None or not _ordered(found):
        return Refused((Objection("search-result", {"given": text[:_LONGEST]}),))
    return replace(found, unit=matched["unit"] or matched["bare"] or "")


def _ordered(found: ResultRange) -> bool:
    low, high = found.low, found.high
    finite = all(end is None or math.isfinite(end) for end in (low, high))
    return finite and (low is None or high is None or low <= high)


def _day(name: str, text: str, wrong: list[Objection]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        wrong.append(Objection("search-date", {"name": name, "given": text[:_LONGEST]}))
        return None


def _number(given: Mapping[str, Sequence[str]], name: str, otherwise: int) -> int:
    text = "".join(given.get(name, ())[:1])
    return max(int(text), 1) if re.fullmatch(r"\d{1,7}", text) else otherwise


def read_search(given: Mapping[str, Sequence[str]]) -> Search | Refused:
    """Read a search from named texts, as an address or a command line has them.

    Parameters
    ----------
    given
        Each name may have several values: ``q``, the facets, ``specimen``, ``from``, ``to``,
        ``result``, ``sort``, ``page``, ``size``. Other names are left aside.
    """
    wrong: list[Objection] = []
    chosen = {}
    for facet, known in FACETS.items():
        values = tuple(dict.fromkeys(value for value in given.get(facet, ()) if value))
        strange = [value for value in values if known is not None and value not in known]
        wrong += [
            Objection(
                "search-value",
                {"name": facet, "given": value[:_LONGEST], "accepted": ", ".join(known or ())},
            )
            for value in strange
        ]
        if values:
            chosen[facet] = values[:_MOST_VALUES]
    ranges: list[ResultRange] = []
    for text in given.get("result", ()):
        for part in filter(str.strip, text.split(",")):
            found = read_range(part)
            if isinstance(found, Refused):
                wrong += found.objections
            else:
                ranges.append(found)
    first, last = (_day(name, "".join(given.get(name, ())[:1]), wrong) for name in ("from", "to"))
    if first is not None and last is not None and last < first:
        wrong.append(Objection("search-dates", {"first": str(first), "last": str(last)}))
    sort = "".join(given.get("sort", ())[:1]) or "newest"
    if sort not in SORTS:
        said = {"name": "sort", "given": sort[:_LONGEST], "accepted": ", ".join(SORTS)}
        wrong.append(Objection("search-value", said))
    if wrong:
        return Refused(tuple(wrong))
    return Search(
        words=" ".join(given.get("q", ()))[:_LONGEST],
        chosen=chosen,
        specimen=" ".join(given.get("specimen", ()))[:_LONGEST],
        first=first,
        last=last,
        results=_joined(ranges),
        sort=sort if ranges or sort in SORTS[:2] else "newest",
        page=_number(given, "page", 1),
        size=min(_number(given, "size", 25), _LARGEST_PAGE),
    )


def _joined(ranges: Iterable[ResultRange]) -> tuple[ResultRange, ...]:
    """Join ``rp02>=300`` and ``rp02<=400`` into one range; others stay as they are."""
    found: list[ResultRange] = []
    for each in ranges:
        for at, known in enumerate(found):
            if (known.quantity, known.unit) != (each.quantity, each.unit):
                continue
            if known.high is None and each.low is None:
                found[at] = replace(known, high=each.high, open_high=each.open_high)
                break
            if known.low is None and each.high is None:
                found[at] = replace(known, low=each.low, open_low=each.open_low)
                break
        else:
            found.append(each)
    return tuple(found)


def write_search(search: Search) -> dict[str, list[str]]:
    """Write a search as named texts, such that `read_search` gives it back."""
    given: dict[str, list[str]] = {}
    if search.words.strip():
        given["q"] = [search.words.strip()]
    given |= {facet: list(values) for facet, values in search.chosen.items() if values}
    if search.specimen:
        given["specimen"] = [search.specimen]
    if search.first is not None:
        given["from"] = [search.first.isoformat()]
    if search.last is not None:
        given["to"] = [search.last.isoformat()]
    if search.results:
        given["result"] = [str(each) for each in search.results]
    if search.sort != "newest":
        given["sort"] = [search.sort]
    if search.page > 1:
        given["page"] = [str(search.page)]
    if search.size != 25:
        given["size"] = [str(search.size)]
    return given

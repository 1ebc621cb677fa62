"""By which terms an entry of the catalogue is found: what its file tells, and what is on record.

Terms that begin with "=" are properties, those with ":" belong to the specimen, the others are
pieces of words. Words, as everybody may search them, hold nothing of what a run has found.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import chain
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from runs.catalogue import Entry
from testbed.adapters.bigrams import kept
from testbed.i18n import LOCALES, words
from testbed.services.commands import BookingKind

__all__ = [
    "ALL",
    "OPEN",
    "QUANTITY",
    "VERSION",
    "Content",
    "Facts",
    "Listing",
    "content_of",
    "listing",
    "scope",
    "written",
]

VERSION = 1
"""Of terms and blocks; a catalogue of another version is made again."""

Content = Mapping[str, Any]
Facts = Mapping[str, Any]

ALL, OPEN = "=all", "=open"
QUANTITY = "=quantity="
_CENTRE = ZoneInfo("Asia/Seoul")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def scope(organisation: int) -> str:
    """Name the term of what an organisation may know of."""
    return f"=scope={organisation}"


@dataclass(frozen=True, slots=True)
class Listing:
    """How one entry is found.

    Attributes
    ----------
    tags
        Properties, ready as terms.
    texts, specimen
        Texts whose words find it; those of `specimen` are asked for by themselves as well.
    started
        What it is sorted by [µs since 1970].
    values
        Results: (quantity, unit) to value.
    """

    tags: tuple[str, ...]
    texts: tuple[str, ...]
    specimen: tuple[str, ...]
    started: int
    values: Mapping[tuple[str, str], float]

    def terms(self) -> frozenset[str]:
        """List every term."""
        found = set(self.tags)
        for text in self.texts:
            found.update(self.terms_of("", text))
        for text in self.specimen:
            found.update(self.terms_of(":", text))
        return frozenset(found)

    @staticmethod
    def terms_of(kind: str, text: str) -> Iterable[str]:
        """List the terms of one tag ("="), text (""), or text of the specimen (":")."""
        if kind == "=":
            return (text,)
        pieces = kept(text)
        return chain(pieces, (f":{piece}" for piece in pieces)) if kind == ":" else pieces


def written(plain: Mapping[str, Any] | None) -> str:
    """Write content or facts as JSON, always in the same way; "" for none."""
    if plain is None:
        return ""
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def content_of(entry: Entry) -> dict[str, Any]:
    """Keep of a file what is searched and shown."""
    plain: dict[str, Any] = {
        name: getattr(entry, name)
        for name in (
            "run", "title", "status", "rows", "method", "version", "standard", "organisation",
            "organisation_ko", "organisation_code", "specimen", "specimen_name", "bench",
            "operator", "booking", "kind", "outcome",
        )
    }  # fmt: skip
    plain["started"] = _micros(entry.started)
    plain["ended"] = None if entry.ended is None else _micros(entry.ended)
    plain["instruments"] = [asdict(each) for each in entry.instruments]
    plain["results"] = [[each.name, each.unit, each.value] for each in entry.results]
    return plain


def _micros(instant: datetime) -> int:
    since = instant - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def listing(place: str, content: Content | None, facts: Facts | None) -> Listing:
    """Tell how an entry is found; what is on record goes before what the file says.

    Parameters
    ----------
    content
        See `content_of`; None where there is no file that can be read.
    facts
        See `testbed.adapters.catalogue_facts`; None where the centre knows nothing of the file.
    """
    told, known = content or {}, facts or {}
    started = int(known.get("started") or told.get("started") or 0)
    return Listing(
        tags=tuple(_tags(told, known, started)),
        texts=tuple(dict.fromkeys(filter(None, _texts(place, told, known)))),
        specimen=tuple(
            dict.fromkeys(
                str(each[name])
                for each in (known, told)
                for name in ("specimen", "specimen_name")
                if each.get(name)
            )
        ),
        started=started,
        values=_values(told, known),
    )


def _tags(told: Content, known: Facts, started: int) -> Iterator[str]:
    on_record = "run" in known
    method = known.get("method") or told.get("method") or ""
    kind = known.get("kind") or told.get("kind") or ""
    outcome = known.get("outcome") if on_record else told.get("outcome")
    yield ALL
    if known.get("organisation") and kind != BookingKind.MAINTENANCE and not known.get("own"):
        yield scope(known["organisation"])
    if on_record and (known["review"] == "accepted" or kind == BookingKind.DIRECT):
        yield OPEN
    if method:
        yield f"=method={method}"
    if firm := known.get("organisation_code") or told.get("organisation"):
        yield f"=firm={firm}"
    for name, _ in _equipment(told, known):
        yield f"=equipment={name}"
    yield f"=state={known['state'] if on_record else _state(str(told.get('status', '')))}"
    if outcome:
        yield f"=outcome={outcome}"
    yield f"=review={known.get('review', 'none')}"
    if started:
        yield f"=year={datetime.fromtimestamp(started / 1e6, _CENTRE).year}"
    for quantity, unit in _values(told, known):
        yield f"{QUANTITY}{quantity}\t{unit}"


def _state(status: str) -> str:
    return "running" if status == "recording" else status or "interrupted"


def _equipment(told: Content, known: Facts) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Name each piece of equipment by its code, or by what it is, with all its words."""
    registered = {each[0]: each for each in known.get("equipment", ())}
    for each in told.get("instruments", ()):
        described = tuple(filter(None, (each["maker"], each["model"], each["serial"])))
        code = each["equipment"] or " ".join(described)
        if code:
            yield code, (*registered.pop(code, (code,)), *described)
    for code, words_of in registered.items():
        yield code, tuple(words_of)


def _texts(place: str, told: Content, known: Facts) -> Iterator[str]:
    yield known.get("number") or told.get("run") or place.rpartition("/")[2]
    if "run" not in known:
        yield place
    if method := known.get("method") or told.get("method") or "":
        yield method
        yield from _method_words(method)
    title = str(told.get("title", ""))
    # As the engine writes it, the title is the number and the method, which are there already.
    if title and title != f"{told['run']} {told['method']}":
        yield title
    for name in ("organisation_ko", "organisation_en", "performer_ko", "performer_en"):
        yield known.get(name) or ""
    for name in ("bench", "booking"):
        yield known.get(name) or told.get(name) or ""
    yield from (str(told.get(name, "")) for name in ("standard", "organisation", "operator"))
    yield str(told.get("organisation_ko", ""))
    for _, words_of in _equipment(told, known):
        yield from words_of


def _method_words(method: str) -> tuple[str, ...]:
    code = f"method.{method}"
    return tuple(said(code) for said in map(words, LOCALES) if said.knows(code))


def _values(told: Content, known: Facts) -> dict[tuple[str, str], float]:
    rows = known.get("results") or told.get("results") or ()
    return {(name, unit): value for name, unit, value in rows if isfinite(value)}

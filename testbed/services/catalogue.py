"""Finding runs: what comes back, and the searches that people keep."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from testbed.domain.clock import Clock
from testbed.domain.objections import Objection, Refused
from testbed.domain.people import Actor
from testbed.services.commands import Done
from testbed.services.rows import RunRow
from testbed.services.searching import Search

__all__ = [
    "CatalogueService",
    "CatalogueStore",
    "FacetCount",
    "FoundRun",
    "IndexReport",
    "SavedSearch",
    "SearchPage",
]

_LONGEST_NAME, _LONGEST_QUERY = 80, 4000  # letters
_MOST_SAVED = 100


@dataclass(frozen=True, slots=True)
class FacetCount:
    """A value of a facet, what to call it (name in both languages where known), how many runs."""

    value: str
    count: int
    ko: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRun:
    """A run in the list of what was found.

    Attributes
    ----------
    place
        Where its file lies below the directory of runs.
    title
        What a file that is not on record calls itself.
    on_record
        Whether the centre has it on record; else it was found as a file alone.
    values
        The asked results, unrounded.
    """

    row: RunRow
    place: str
    title: str
    on_record: bool
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """One page of what was found.

    Attributes
    ----------
    facets
        Facet to its values, most frequent first. What is counted would be found if only this
        facet's own choice were another.
    quantities
        Results among what was found: (quantity, unit) to the number of runs.
    """

    rows: tuple[FoundRun, ...]
    total: int
    page: int
    pages: int
    facets: Mapping[str, tuple[FacetCount, ...]]
    quantities: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """A search that somebody keeps under a name."""

    id: int
    name: str
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexReport:
    """What bringing the catalogue up to date did.

    Attributes
    ----------
    files
        Run files that are there.
    read, removed
        How many were read, and how many entries went because their file is gone.
    unreadable
        Files that are no runs, or damaged, with the reason.
    entries
        Entries that the catalogue has now.
    """

    files: int
    read: int
    removed: int
    unreadable: tuple[tuple[str, str], ...]
    entries: int


class CatalogueStore(Protocol):
    """Where the catalogue is kept."""

    def search(self, actor: Actor, search: Search) -> SearchPage:
        """Answer a question, scoped to the person."""
        ...

    def index(
        self, *, full: bool, processes: int, progress: Callable[[int, int], None]
    ) -> IndexReport:
        """Bring it up to date with the files."""
        ...

    def saved(self, actor: Actor) -> tuple[SavedSearch, ...]:
        """List what a person keeps."""
        ...

    def save(self, actor: Actor, name: str, query: str, now: datetime) -> int:
        """Keep a search under a name, in place of an earlier one of that name."""
        ...

    def rename(self, actor: Actor, saved: int, name: str) -> bool:
        """Give another name; False where there is none, or the name is taken."""
        ...

    def drop(self, actor: Actor, saved: int) -> bool:
        """Remove one; False where there is none."""
        ...


class CatalogueService:
    """The use cases of finding runs."""

    def __init__(self, store: CatalogueStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def search(self, actor: Actor, search: Search) -> SearchPage:
        """Answer a question, scoped to the person."""
        return self._store.search(actor, search)

    def index(
        self,
        *,
        full: bool = False,
        processes: int = 1,
        progress: Callable[[int, int], None] = lambda done, of: None,
    ) -> IndexReport:
        """Bring the catalogue up to date with the files.

        Parameters
        ----------
        full
            Whether every file is read again, into a catalogue that replaces the present one.
        processes
            How many may read at the same time.
        progress
            Told now and then: files done, and of how many.
        """
        return self._store.index(full=full, processes=processes, progress=progress)

    def saved(self, actor: Actor) -> tuple[SavedSearch, ...]:
        """List what a person keeps, by name."""
        return self._store.saved(actor)

    def save(self, actor: Actor, name: str, query: str) -> int | Refused:
        """Keep a search under a name; gives its number."""
        if refused := _bad_name(name):
            return refused
        kept = self._store.saved(actor)
        if len(kept) >= _MOST_SAVED and name.strip() not in {each.name for each in kept}:
            return Refused((Objection("search-too-many", {"most": _MOST_SAVED}),))
        if len(query) > _LONGEST_QUERY:
            return Refused((Objection("search-too-long", {"characters": _LONGEST_QUERY}),))
        return self._store.save(actor, name.strip(), query, self._clock.now())

    def rename(self, actor: Actor, saved: int, name: str) -> Done | Refused:
        """Give a kept search another name."""
        if refused := _bad_name(name):
            return refused
        if not self._store.rename(actor, saved, name.strip()):
            return Refused((Objection("search-name-taken", {"name": name.strip()}),))
        return Done()

    def drop(self, actor: Actor, saved: int) -> Done | Refused:
        """Remove a kept search."""
        if not self._store.drop(actor, saved):
            return Refused((Objection("search-unknown", {}),))
        return Done()


def _bad_name(name: str) -> Refused | None:
    if 0 < len(name.strip()) <= _LONGEST_NAME:
        return None
    return Refused((Objection("search-name", {"characters": _LONGEST_NAME}),))

"""The catalogue of runs in the database: questions to it, and the searches that people keep."""

from collections.abc import Callable, Mapping
from datetime import datetime
from math import isnan
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from testbed.adapters import catalogue_files
from testbed.adapters.bigrams import asked
from testbed.adapters.catalogue_columns import Columns, Mask, columns
from testbed.adapters.catalogue_facets import facets, quantities
from testbed.adapters.catalogue_listing import ALL, OPEN, scope
from testbed.adapters.catalogue_rows import found_runs
from testbed.adapters.catalogue_tables import saved_searches
from testbed.adapters.database import Database
from testbed.adapters.tables import EPOCH
from testbed.domain.people import Actor
from testbed.services.catalogue import IndexReport, SavedSearch, SearchPage
from testbed.services.searching import FACETS, ResultRange, Search

__all__ = ["DatabaseCatalogue"]

_HIDDEN_FROM_FIRMS = ("firm",)
Slots = NDArray[np.int64]
Numbers = NDArray[np.float64]


class DatabaseCatalogue:
    """Answers questions; see `testbed.services.catalogue.CatalogueStore`.

    Parameters
    ----------
    runs_directory
        Where the files of runs are kept.
    """

    def __init__(self, database: Database, runs_directory: Path) -> None:
        self._database = database
        self._runs = runs_directory
        self._columns: Columns | None = None

    def search(self, actor: Actor, search: Search) -> SearchPage:
        """Answer a question, scoped to the person."""
        with self._database.snapshot() as connection:
            index = columns(connection, self._columns)
            # One object replaces another, whole, so that threads need no lock.
            self._columns = index
            return _Question(connection, index, actor, search).answer()

    def index(
        self, *, full: bool, processes: int, progress: Callable[[int, int], None]
    ) -> IndexReport:
        """Bring the catalogue up to date with the files."""
        return catalogue_files.index(
            self._database, self._runs, full=full, processes=processes, progress=progress
        )

    def saved(self, actor: Actor) -> tuple[SavedSearch, ...]:
        """List what a person keeps."""
        table = saved_searches
        query = select(table).where(table.c.account_id == actor.account).order_by(table.c.name)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(SavedSearch(id=row.id, name=row.name, query=row.query) for row in rows)

    def save(self, actor: Actor, name: str, query: str, now: datetime) -> int:
        """Keep a search under a name, in place of an earlier one of that name."""
        table = saved_searches
        mine = (table.c.account_id == actor.account, table.c.name == name)
        with self._database.writing() as connection:
            number = connection.scalar(
                update(table).where(*mine).values(query=query).returning(table.c.id)
            )
            if number is None:
                number = connection.execute(
                    insert(table)
                    .values(account_id=actor.account, name=name, query=query, created=now)
                    .returning(table.c.id)
                ).scalar_one()
            connection.commit()
        return int(number)

    def rename(self, actor: Actor, saved: int, name: str) -> bool:
        """Give another name; False where there is none, or the name is taken."""
        table = saved_searches
        with self._database.writing() as connection:
            try:
                done = connection.execute(
                    update(table)
                    .where(table.c.id == saved, table.c.account_id == actor.account)
                    .values(name=name)
                )
            except IntegrityError:
                return False
            connection.commit()
        return done.rowcount == 1

    def drop(self, actor: Actor, saved: int) -> bool:
        """Remove one; False where there is none."""
        table = saved_searches
        with self._database.writing() as connection:
            done = connection.execute(
                delete(table).where(table.c.id == saved, table.c.account_id == actor.account)
            )
            connection.commit()
        return done.rowcount == 1


class _Question:
    """One question of one person, in one transaction."""

    def __init__(
        self, connection: Connection, index: Columns, actor: Actor, search: Search
    ) -> None:
        self._connection = connection
        self._index = index
        self._actor = actor
        self._search = search
        self._opened = index.having(ALL if actor.is_staff else OPEN)
        self._columns: list[list[Numbers]] = []

    def answer(self) -> SearchPage:
        """Answer it."""
        search, index = self._search, self._index
        rest = self._scope() & self._words() & self._days() & self._results()
        chosen = self._chosen()
        everything = [rest, *chosen.values()]
        mask = np.bitwise_and.reduce(everything)
        total = int(np.bitwise_count(mask).sum())
        pages = max(1, -(-total // search.size))
        page = min(search.page, pages)
        slots = self._page(mask, total, (page - 1) * search.size)
        shown = tuple(name for name in FACETS if self._actor.is_staff or name != "firm")
        without = {
            facet: np.bitwise_and.reduce([rest, *(m for f, m in chosen.items() if f != facet)])
            for facet in shown
        }
        without["outcome"] = without["outcome"] & self._opened
        return SearchPage(
            rows=found_runs(
                self._connection,
                self._actor,
                [index.slot(at) for at in slots.tolist()],
                self._values(slots),
            ),
            total=total,
            page=page,
            pages=pages,
            facets=facets(self._connection, index, without, search.chosen),
            quantities=quantities(index, mask & self._opened),
        )

    def _scope(self) -> Mask:
        if self._actor.is_staff:
            return self._index.having(ALL)
        return self._index.having(scope(self._actor.organisation))

    def _words(self) -> Mask:
        terms = asked(self._search.words)
        terms += tuple(f":{term}" for term in asked(self._search.specimen))
        if terms:
            return self._index.words(self._connection, terms)
        # What holds no letter is found nowhere.
        typed = self._search.words.strip() + self._search.specimen.strip()
        return self._index.nothing if typed else self._index.having(ALL)

    def _days(self) -> Mask:
        start, end, started = self._search.start, self._search.end, self._index.started
        if start is None and end is None:
            return self._index.having(ALL)
        flags = np.ones(len(started), np.bool_)
        if start is not None:
            flags &= started >= _micros(start)
        if end is not None:
            flags &= started < _micros(end)
        return self._index.marked(flags)

    def _results(self) -> Mask:
        found = self._index.having(ALL)
        for wanted in self._search.results:
            columns_of = self._index.values(self._connection, wanted.quantity, wanted.unit)
            inside = self._index.nothing
            for column in columns_of:
                inside = inside | self._index.marked(_inside(column, wanted))
            found = found & inside & self._opened
            self._columns.append(columns_of)
        return found

    def _values(self, shown: Slots) -> dict[int, dict[str, float]]:
        """Tell the asked results of what is shown: slot to quantity to value."""
        return {
            self._index.slot(at): {
                wanted.quantity: value
                for wanted, columns_of in zip(self._search.results, self._columns, strict=True)
                for value in (float(column[at]) for column in columns_of)
                if not isnan(value)
            }
            for at in shown.tolist()
        }

    def _chosen(self) -> Mapping[str, Mask]:
        found = {}
        for facet, values in self._search.chosen.items():
            if not values or (facet in _HIDDEN_FROM_FIRMS and not self._actor.is_staff):
                continue
            masks = [self._index.having(f"={facet}={value}") for value in values]
            found[facet] = np.bitwise_or.reduce(masks)
            if facet == "outcome":
                found[facet] = found[facet] & self._opened
        return found

    def _page(self, mask: Mask, total: int, skip: int) -> Slots:
        size, sort = self._search.size, self._search.sort
        if sort == "newest":
            return self._index.newest(mask, skip, skip + size)
        if sort == "oldest":
            last = total - skip
            return self._index.newest(mask, max(last - size, 0), last)[::-1]
        slots = np.flatnonzero(self._index.flags(mask))
        numbers = np.full(len(slots), np.nan)
        for column in self._columns[0]:
            numbers = np.where(np.isnan(numbers), column[slots], numbers)
        numbers = -numbers if sort == "highest" else numbers
        last = min(skip + size, len(numbers))
        if last < len(numbers):
            first = np.argpartition(numbers, last)[:last]
            slots, numbers = slots[first], numbers[first]
        if skip:
            later = np.argpartition(numbers, skip - 1)[skip:]
            slots, numbers = slots[later], numbers[later]
        found: Slots = slots[np.lexsort((slots, numbers))]
        return found


def _inside(numbers: Numbers, wanted: ResultRange) -> NDArray[np.bool_]:
    inside = ~np.isnan(numbers)
    if wanted.low is not None:
        inside &= numbers > wanted.low if wanted.open_low else numbers >= wanted.low
    if wanted.high is not None:
        inside &= numbers < wanted.high if wanted.open_high else numbers <= wanted.high
    return inside


def _micros(instant: datetime) -> int:
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000

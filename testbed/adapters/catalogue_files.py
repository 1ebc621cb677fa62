"""The catalogue from the files: what changed since the last time, or everything anew.

Files are read outside of any transaction, and a full rebuild goes into blocks of a new generation
that nobody sees before it is complete; so bookings and searches go on meanwhile.
"""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import Connection, delete, select, update

from runs import RunsError
from runs.catalogue import Found, entry, find, look
from testbed.adapters.catalogue_blocks import ABSENT, Item, put_block
from testbed.adapters.catalogue_facts import facts_of_files, facts_of_runs
from testbed.adapters.catalogue_index import entries_at, item_of, lock, put, remove
from testbed.adapters.catalogue_listing import content_of
from testbed.adapters.catalogue_tables import (
    SLOTS,
    catalogue_blocks,
    catalogue_entries,
    catalogue_late,
    catalogue_postings,
    catalogue_state,
    catalogue_values,
)
from testbed.adapters.database import Database
from testbed.adapters.keeping_tables import run_archives, run_deletions
from testbed.adapters.run_tables import runs
from testbed.services.catalogue import IndexReport

__all__ = ["Overtaken", "index", "read_item", "rebuild"]

Progress = Callable[[int, int], None]

_CHUNK = 64  # files that a process reads at once
_BATCH = 256  # entries in one transaction
_TRIED = 4  # chunks after which it is known how long the others will take
_LONG = 10.0  # [s] of reading from which on further processes pay; each takes 2 s to begin
_UNREADABLE = (RunsError, OSError, ValueError, KeyError, TypeError)


class Overtaken(RuntimeError):
    """Another one began to build the catalogue meanwhile; this one's work was left behind."""

    def __init__(self) -> None:
        super().__init__("somebody else began to rebuild the catalogue; theirs will stand")


Told = tuple[Found, dict[str, Any] | None, str]
"""A file, its content, and why there is none."""


def read_item(directory: Path, place: str) -> Item:
    """Read one file as an entry; where it cannot be read, an entry without content."""
    seen = look(directory, place)
    if seen is None:
        return Item(place=place)
    ((found, content, _),) = _read(directory, (seen,))
    return _item(found, content)


def _item(found: Found, content: dict[str, Any] | None) -> Item:
    # What could not be read is looked at again the next time, so that it is named again.
    size, modified = (ABSENT, ABSENT) if content is None else (found.size, found.modified)
    return Item(place=found.place, size=size, modified=modified, content=content)


def _read(directory: Path, files: Sequence[Found]) -> list[Told]:
    told: list[Told] = []
    for found in files:
        try:
            told.append((found, content_of(entry(directory, found)), ""))
        except _UNREADABLE as error:
            told.append((found, None, str(error) or type(error).__name__))
    return told


def _chunks(files: Sequence[Found], size: int) -> Iterator[Sequence[Found]]:
    return (files[at : at + size] for at in range(0, len(files), size))


def _told(directory: Path, files: Sequence[Found], processes: int) -> Iterator[Told]:
    """Read files, from then on in several processes where what is left would take long."""
    chunks, taken = list(_chunks(files, _CHUNK)), 0.0
    for number, chunk in enumerate(chunks, 1):
        begun = monotonic()
        told = _read(directory, chunk)
        taken += monotonic() - begun
        yield from told
        left = chunks[number:]
        if processes > 1 and number >= _TRIED and taken / number * len(left) > _LONG:
            yield from _in_processes(directory, left, processes)
            return


def _in_processes(
    directory: Path, chunks: Sequence[Sequence[Found]], processes: int
) -> Iterator[Told]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        for told in pool.map(_read, [directory] * len(chunks), chunks):
            yield from told


def index(
    database: Database, directory: Path, *, full: bool, processes: int, progress: Progress
) -> IndexReport:
    """Bring the catalogue up to date with the files.

    Raises
    ------
    Overtaken
        Somebody else began a full rebuild meanwhile.
    """
    files = list(find(directory)) if directory.is_dir() else []
    known = _known(database)
    fresh = files if full else [f for f in files if known.get(f.place) != (f.size, f.modified)]
    unreadable: list[tuple[str, str]] = []
    told = _watched(_told(directory, fresh, processes), len(fresh), unreadable, progress)
    if full:
        rebuild(database, told)
    else:
        _update(database, told)
        gone = set(known) - {found.place for found in files} - _archived(database)
        _forget(database, gone | {place for place, _ in unreadable if place in known})
    _complete(database)
    left = set(_known(database))
    return IndexReport(
        files=len(files),
        read=len(fresh) - len(unreadable),
        removed=len(set(known) - left),
        unreadable=tuple(unreadable),
        entries=len(left),
    )


def _archived(database: Database) -> set[str]:
    """List the files that lie in an archive, and not here: what they told still stands."""
    query = (
        select(runs.c.file)
        .join_from(run_archives, runs, runs.c.id == run_archives.c.run_id)
        .outerjoin(run_deletions, run_deletions.c.run_id == runs.c.id)
        .where(run_deletions.c.run_id.is_(None))
    )
    with database.reading() as connection:
        return set(connection.scalars(query))


def _known(database: Database) -> dict[str, tuple[int, int]]:
    """Read size and age of every file, as of its entry."""
    table, state = catalogue_entries, catalogue_state
    query = select(table.c.place, table.c.size, table.c.modified).join_from(
        state, table, table.c.generation == state.c.generation
    )
    with database.snapshot() as connection:
        return {row.place: (row.size, row.modified) for row in connection.execute(query)}


def _watched(
    told: Iterable[Told], total: int, unreadable: list[tuple[str, str]], progress: Progress
) -> Iterator[Item]:
    for done, (found, content, why) in enumerate(told, 1):
        if content is None:
            unreadable.append((found.place, why))
        else:
            yield _item(found, content)
        if done % _CHUNK == 0 or done == total:
            progress(done, total)


def _batches(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    while batch := list(islice(items, size)):
        yield batch


def _with_facts(connection: Connection, items: Sequence[Item]) -> list[Item]:
    facts = facts_of_files(connection, {item.place: item.content for item in items})
    return [
        Item(
            place=item.place,
            size=item.size,
            modified=item.modified,
            content=item.content,
            facts=facts[item.place],
        )
        for item in items
    ]


def _update(database: Database, items: Iterator[Item]) -> None:
    for batch in _batches(items, _BATCH):
        with database.writing() as connection:
            state = lock(connection)
            # A run that ended since its file was read has told of it already.
            known = entries_at(connection, state.generation, [item.place for item in batch])
            newest = [
                item
                for item in batch
                if item.place not in known or known[item.place].modified <= item.modified
            ]
            put(connection, state, _with_facts(connection, newest))
            connection.commit()


def _forget(database: Database, places: set[str]) -> None:
    """Take out the entries of files that are gone; of runs on record stays what is known so."""
    for batch in _batches((Item(place=place) for place in sorted(places)), _BATCH):
        with database.writing() as connection:
            state = lock(connection)
            items = _with_facts(connection, batch)
            put(connection, state, [item for item in items if item.facts is not None])
            remove(connection, state, [item.place for item in items if item.facts is None])
            connection.commit()


def _complete(database: Database) -> None:
    """Add the runs on record that have no entry yet, as they have no file."""
    with database.reading() as connection:
        state = connection.execute(select(catalogue_state)).one()
        numbers = _unlisted(connection, state.generation)
    for at in range(0, len(numbers), _BATCH):
        with database.writing() as connection:
            state = lock(connection)
            facts = facts_of_runs(connection, numbers[at : at + _BATCH])
            known = entries_at(connection, state.generation, facts)
            put(
                connection,
                state,
                [Item(place=p, facts=each) for p, each in facts.items() if p not in known],
            )
            connection.commit()


def _unlisted(connection: Connection, generation: int) -> list[str]:
    table = catalogue_entries
    listed = select(table.c.place).where(table.c.generation == generation)
    query = select(runs.c.number).where(runs.c.file.not_in(listed)).order_by(runs.c.id)
    return list(connection.scalars(query))


def rebuild(database: Database, items: Iterator[Item]) -> None:
    """Make the catalogue anew from files and runs on record, beside the valid one."""
    _Rebuild(database).carry_out(items)


class _Rebuild:
    """Builds a generation beside the valid one, and puts it in its place."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._generation = 0

    def carry_out(self, items: Iterator[Item]) -> None:
        """Build from files and runs on record."""
        self._begin()
        for batch in _batches(items, SLOTS):
            self._write(batch)
        with self._database.reading() as connection:
            numbers = _unlisted(connection, self._generation)
        for at in range(0, len(numbers), SLOTS):
            with self._database.reading() as connection:
                facts = facts_of_runs(connection, numbers[at : at + SLOTS])
            self._write([Item(place=place, facts=each) for place, each in facts.items()])
        self._put_in_place()
        self._clear()

    def _begin(self) -> None:
        with self._database.writing() as connection:
            state = lock(connection)
            self._generation = max(state.generation, state.building or 0) + 1
            connection.execute(delete(catalogue_late))
            connection.execute(update(catalogue_state).values(building=self._generation))
            connection.commit()
        self._clear()

    def _write(self, batch: Sequence[Item]) -> None:
        with self._database.writing() as connection:
            state = lock(connection)
            self._check(state.building)
            items = batch
            if any(item.facts is None for item in batch):
                items = _with_facts(connection, batch)
            put_block(connection, self._generation, items)
            connection.commit()

    def _check(self, building: int | None) -> None:
        if building != self._generation:
            raise Overtaken

    def _put_in_place(self) -> None:
        with self._database.writing() as connection:
            state = lock(connection)
            self._check(state.building)
            late = list(connection.scalars(select(catalogue_late.c.place)))
            newest = entries_at(connection, state.generation, late)
            connection.execute(
                update(catalogue_state).values(generation=self._generation, building=None)
            )
            connection.execute(delete(catalogue_late))
            state = lock(connection)
            put(connection, state, [item_of(row) for row in newest.values()])
            remove(connection, state, [place for place in late if place not in newest])
            connection.commit()

    def _clear(self) -> None:
        """Remove the blocks of generations that are neither valid nor being built."""
        with self._database.reading() as connection:
            blocks = _left_behind(connection)
        for block in blocks:
            with self._database.writing() as connection:
                lock(connection)
                for table in (catalogue_postings, catalogue_values, catalogue_blocks):
                    connection.execute(delete(table).where(table.c.block == block))
                first = block * SLOTS
                slot = catalogue_entries.c.slot
                connection.execute(
                    delete(catalogue_entries).where(slot >= first, slot < first + SLOTS)
                )
                connection.commit()


def _left_behind(connection: Connection) -> list[int]:
    table, state = catalogue_blocks, connection.execute(select(catalogue_state)).one()
    kept = [state.generation, *([] if state.building is None else [state.building])]
    query = select(table.c.block).where(table.c.generation.not_in(kept))
    return list(connection.scalars(query))

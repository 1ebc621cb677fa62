"""The import itself: a plan and a foreign file in, a sealed run out, or nothing."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runs.errors import NotARun, RecordRefused
from runs.exports.placing import Progress, unseen
from runs.header import Header
from runs.imports.choice import Choice, choose, find_time
from runs.imports.columns import Block, Columns
from runs.imports.landing import Landing
from runs.imports.missing import Blank, Replaced
from runs.imports.opened import HDF5, opened
from runs.imports.plan import Heading, ImportPlan, ImportRefused
from runs.imports.problems import Problem
from runs.imports.rows import Rows, Taker
from runs.reader import describe
from runs.recording.writer import RunWriter, create
from runs.sealing.finish import file_digest, verify
from runs.streams import Attribute

__all__ = ["Contents", "Imported", "Preview", "Replaced", "contents", "imported", "previewed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did.

    Attributes
    ----------
    whole
        Whether the file was a run of ours, and was taken as it is.
    sha256
        Of the foreign file.
    channels
        Name to unit.
    left_out
        Columns that were not taken.
    replaced, blanks
        Numbers and texts that stood for no value and became gaps, with their places.
    """

    run: str
    rows: int
    whole: bool
    sha256: str
    form: str
    channels: dict[str, str]
    left_out: tuple[str, ...] = ()
    replaced: tuple[Replaced, ...] = ()
    blanks: tuple[Blank, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a foreign file holds.

    Attributes
    ----------
    numbers
        Which columns hold numbers.
    time
        Column of the time, where it can be told.
    preamble
        Lines above the names of the columns, cell by cell.
    """

    form: str
    headings: tuple[Heading, ...]
    numbers: frozenset[int]
    time: int | None
    preamble: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an import would write.

    Attributes
    ----------
    time
        Since `started` [s], shape (rows,).
    columns
        Channel to values, shape (rows,); NaN where there is none.
    places
        Where each row stands in the foreign file ("line 12").
    """

    imported: Imported
    started: datetime
    time: NDArray[np.float64]
    columns: Mapping[str, NDArray[np.float64]]
    places: Sequence[str]


def contents(source: Path, plan: ImportPlan | None = None) -> Contents:
    """Tell what a foreign file holds, without reading its rows.

    Raises
    ------
    ImportRefused
        It is no table that can be read.
    """
    plan = plan or ImportPlan()
    with opened(source, plan) as columns:
        return Contents(
            form=columns.form,
            headings=tuple(columns.headings),
            numbers=columns.numbers,
            time=find_time(columns, plan, []),
            preamble=tuple(tuple(row) for row in columns.preamble),
        )


def previewed(
    source: Path, plan: ImportPlan | None = None, *, progress: Progress = unseen
) -> Preview:
    """Read a foreign file as `imported` would, into memory; nothing is written.

    Raises
    ------
    ImportRefused
        The file cannot be taken; every problem is named with its line.
    """
    plan = plan or ImportPlan()
    digest = file_digest(source)
    with opened(source, plan) as columns, _recordable(source):
        choice = choose(source, columns, plan, digest)
        taker = Taker(source, columns, choice, plan)
        started, blocks = _started(source, columns, choice, taker)
        parts = []
        for block in blocks:
            if (rows := taker.take(block)) is not None:
                parts.append(rows)
            progress(taker.rows, max(taker.rows, columns.rows))
        taker.check()
        # The header is made as well: what it refuses is to be known before.
        _header(source, columns, choice, plan, digest, started, datetime.now(UTC))
        done = _done(columns, choice, taker, digest)
    return Preview(
        imported=done,
        started=started,
        time=np.concatenate([rows.times for rows in parts]) if parts else np.array([]),
        columns={
            taken.info.name: np.concatenate([rows.values[n] for rows in parts])
            for n, taken in enumerate(choice.channels)
        }
        if parts
        else {taken.info.name: np.array([]) for taken in choice.channels},
        places=[place for rows in parts for place in rows.places],
    )


def imported(
    source: Path,
    target: Path | Callable[[str], Path],
    plan: ImportPlan | None = None,
    *,
    now: datetime,
    progress: Progress = unseen,
) -> Imported:
    """Make a sealed run file of a foreign CSV, netCDF-4, HDF5 or Parquet file.

    A run file of ours is taken whole, byte by byte, once it has been verified. Of everything else
    the origin is put on record: the attributes `origin_file`, `origin_sha256`, `origin_format`,
    `origin_importer`, `origin_imported`, `origin_mapping` and `origin_gaps`.

    Parameters
    ----------
    target
        Where the run is to lie, or what gives the place of a run by its number; a file that is
        there is never replaced.

    Raises
    ------
    ImportRefused
        The file cannot be taken; every problem is named with its line. Nothing was written.
    """
    plan = plan or ImportPlan()
    with source.open("rb") as file:
        head = file.read(len(HDF5))
    digest = file_digest(source)
    place = target if callable(target) else lambda _: target
    if head == HDF5 and (run := _is_ours(source)):
        return _taken_whole(source, place(run), digest)
    with opened(source, plan) as columns, _recordable(source):
        choice = choose(source, columns, plan, digest)
        taker = Taker(source, columns, choice, plan)
        started, blocks = _started(source, columns, choice, taker)
        header = _header(source, columns, choice, plan, digest, started, now)
        with Landing(source, place(choice.run)) as landing:
            writer = create(landing.path, header, view=False)
            try:
                for block in blocks:
                    if (rows := taker.take(block)) is not None:
                        _write(rows, writer)
                    progress(taker.rows, max(taker.rows, columns.rows))
                taker.check()
                _close(writer, columns, taker)
            finally:
                writer.abandon()
            landing.appear()
        return _done(columns, choice, taker, digest)


@contextmanager
def _recordable(source: Path) -> Iterator[None]:
    try:
        yield
    except RecordRefused as refused:
        raise ImportRefused(source, [str(refused)]) from refused


def _is_ours(source: Path) -> str:
    try:
        return describe(source).run
    except (NotARun, KeyError):
        return ""


def _taken_whole(source: Path, target: Path, digest: str) -> Imported:
    checked = verify(source)
    if not checked.ok:
        raise ImportRefused.of_many(source, checked.problems)
    found = describe(source)
    with Landing(source, target) as landing:
        shutil.copyfile(source, landing.path)
        if file_digest(landing.path) != digest:
            raise ImportRefused(source, [Problem("changed")])
        landing.appear()
    return Imported(
        run=found.run,
        rows=found.rows,
        whole=True,
        sha256=digest,
        form="run file",
        channels=dict(found.channels),
    )


def _started(
    source: Path, columns: Columns, choice: Choice, taker: Taker
) -> tuple[datetime, Iterator[Block]]:
    """Find when the run started, which the first row may have to tell; give all blocks."""
    blocks = columns.blocks(choice.wanted, choice.spare)
    first = next(blocks, None)
    if first is None and columns.own is None:
        raise ImportRefused(source, [Problem("no-row")])
    started = choice.started
    if started is None:
        assert first is not None
        started = taker.begin(first)
    return started, chain([] if first is None else [first], blocks)


def _header(
    source: Path,
    columns: Columns,
    choice: Choice,
    plan: ImportPlan,
    digest: str,
    started: datetime,
    now: datetime,
) -> Header:
    own = columns.own
    mapping = {
        choice.heading_of(taken.column): taken.info.name
        for taken in choice.channels
        if taken.column is not None
    }
    origin: dict[str, Attribute] = {
        "origin_file": source.name,
        "origin_sha256": digest,
        "origin_format": columns.form,
        "origin_importer": plan.importer,
        "origin_imported": now.astimezone(UTC).isoformat(),
        "origin_mapping": json.dumps(mapping, ensure_ascii=False),
    }
    kept = {} if own is None else own.attributes
    return Header(
        run=choice.run,
        title=plan.title or (own.title if own else source.stem),
        started=started,
        channels=tuple(taken.info for taken in choice.channels),
        phases=own.phases if own else plan.phases,
        attributes={**kept, **plan.attributes, **origin},
    )


def _write(rows: Rows, writer: RunWriter) -> None:
    for start, stop, phase in rows.phases:
        if phase is not None:
            writer.phase(phase)
        writer.extend(rows.times[start:stop], *(column[start:stop] for column in rows.values))


def _close(writer: RunWriter, columns: Columns, taker: Taker) -> None:
    own = columns.own
    status = "completed" if own is None else own.status
    gaps: dict[str, Attribute] = {"origin_gaps": text} if (text := str(taker.missing)) else {}
    writer.close(
        "interrupted" if status == "recording" else status,
        attributes=gaps,
        ended=own.ended if own else None,
    )


def _done(columns: Columns, choice: Choice, taker: Taker, digest: str) -> Imported:
    return Imported(
        run=choice.run,
        rows=taker.rows,
        whole=False,
        sha256=digest,
        form=columns.form,
        channels={taken.info.name: taken.info.unit for taken in choice.channels},
        left_out=choice.left_out,
        replaced=taker.missing.replaced,
        blanks=taker.missing.blanks,
    )

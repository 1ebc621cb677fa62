"""The import itself: a plan and a foreign file in, a sealed run out, or nothing."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runs.errors import NotARun, RecordRefused
from runs.exports.placing import Progress, unseen
from runs.header import Header
from runs.imports.arrays import HdfColumns, ParquetColumns
from runs.imports.choice import Choice, choose
from runs.imports.columns import Block, Columns
from runs.imports.landing import Landing
from runs.imports.moments import as_datetime
from runs.imports.plan import ImportPlan, ImportRefused
from runs.imports.text import TextColumns
from runs.reader import describe
from runs.recording.writer import RunWriter, create
from runs.sealing.finish import file_digest, verify
from runs.streams import Attribute

__all__ = ["Imported", "Replaced", "imported"]

_HDF5 = b"\x89HDF\r\n\x1a\n"
_PARQUET = b"PAR1"
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Replaced:
    """A number that stood for no value, and how often it became a gap."""

    channel: str
    value: float
    count: int


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
    """

    run: str
    rows: int
    whole: bool
    sha256: str
    form: str
    channels: dict[str, str]
    left_out: tuple[str, ...] = ()
    replaced: tuple[Replaced, ...] = ()


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
        head = file.read(len(_HDF5))
    digest = file_digest(source)
    place = target if callable(target) else lambda _: target
    if head == _HDF5 and (run := _is_ours(source)):
        return _taken_whole(source, place(run), digest)
    with ExitStack() as open_files:
        columns: Columns
        if head == _HDF5:
            columns = HdfColumns(source, open_files)
        elif head.startswith(_PARQUET):
            columns = ParquetColumns(source, open_files)
        else:
            columns = TextColumns(source, plan)
        try:
            choice = choose(source, columns, plan, digest)
            return _Import(source, columns, choice, plan, digest, now).into(
                place(choice.run), progress
            )
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
            raise ImportRefused(source, ["it changed while it was copied"])
        landing.appear()
    return Imported(
        run=found.run,
        rows=found.rows,
        whole=True,
        sha256=digest,
        form="run file",
        channels=dict(found.channels),
    )


class _Import:
    """One import of one table."""

    def __init__(
        self,
        source: Path,
        columns: Columns,
        choice: Choice,
        plan: ImportPlan,
        digest: str,
        now: datetime,
    ) -> None:
        self._source = source
        self._columns = columns
        self._choice = choice
        self._plan = plan
        self._digest = digest
        self._now = now
        self._problems: list[str] = []
        self._more = 0
        self._replaced: Counter[tuple[str, float]] = Counter()
        self._rows = 0
        self._last = -np.inf
        self._origin: np.datetime64 | None = None

    def into(self, target: Path, progress: Progress) -> Imported:
        """Read every row, write the run, and let it appear."""
        blocks = self._columns.blocks(self._choice.wanted)
        first = next(blocks, None)
        if first is None and self._columns.own is None:
            raise ImportRefused(self._source, ["it holds no row"])
        with Landing(self._source, target) as landing:
            writer = create(landing.path, self._header(first), view=False)
            try:
                for block in chain([] if first is None else [first], blocks):
                    self._take(block, writer)
                    progress(self._rows, max(self._rows, self._columns.rows))
                if self._problems:
                    raise ImportRefused(self._source, self._problems, self._more)
                self._close(writer)
            finally:
                writer.abandon()
            landing.appear()
        return Imported(
            run=self._choice.run,
            rows=self._rows,
            whole=False,
            sha256=self._digest,
            form=self._columns.form,
            channels={channel.name: channel.unit for _, channel in self._choice.channels},
            left_out=self._choice.left_out,
            replaced=tuple(
                Replaced(name, value, count) for (name, value), count in self._replaced.items()
            ),
        )

    def _header(self, first: Block | None) -> Header:
        own, plan, choice = self._columns.own, self._plan, self._choice
        started = choice.started
        if started is None:
            assert first is not None
            assert choice.time is not None
            if first.problems:
                raise ImportRefused.of_many(self._source, first.problems)
            self._origin = first.columns[choice.time][0]
            if np.isnat(self._origin):
                raise ImportRefused(self._source, [f"{first.places[0]}: there is no time"])
            started = as_datetime(self._origin)
        mapping = {choice.heading_of(number): info.name for number, info in choice.channels}
        kept = {} if own is None else own.attributes
        origin: dict[str, Attribute] = {
            "origin_file": self._source.name,
            "origin_sha256": self._digest,
            "origin_format": self._columns.form,
            "origin_importer": plan.importer,
            "origin_imported": self._now.astimezone(UTC).isoformat(),
            "origin_mapping": json.dumps(mapping, ensure_ascii=False),
        }
        return Header(
            run=choice.run,
            title=plan.title or (own.title if own else self._source.stem),
            started=started,
            channels=tuple(channel for _, channel in choice.channels),
            phases=own.phases if own else (),
            attributes={**kept, **plan.attributes, **origin},
        )

    def _close(self, writer: RunWriter) -> None:
        own = self._columns.own
        status = "completed" if own is None else own.status
        gaps: dict[str, Attribute] = {}
        if self._replaced:
            said = [f"{name}: {count} x {v:g}" for (name, v), count in self._replaced.items()]
            gaps["origin_gaps"] = "; ".join(said)
        writer.close(
            "interrupted" if status == "recording" else status,
            attributes=gaps,
            ended=own.ended if own else None,
        )

    def _object(self, problem: str) -> None:
        if len(self._problems) < _SHOWN:
            self._problems.append(problem)
        else:
            self._more += 1

    def _take(self, block: Block, writer: RunWriter) -> None:
        for problem in block.problems:
            self._object(problem)
        if block.problems:
            return
        times = self._times(block)
        values = [self._values(block, number, info.name) for number, info in self._choice.channels]
        if self._problems:
            return
        for start, stop, phase in _phases(block, self._columns):
            if phase is not None:
                writer.phase(phase)
            writer.extend(times[start:stop], *(column[start:stop] for column in values))
        self._rows += len(times)

    def _times(self, block: Block) -> NDArray[np.float64]:
        choice = self._choice
        if choice.time is None:
            evenly: NDArray[np.float64] = np.arange(self._rows, self._rows + len(block.places), 1.0)
            return evenly * choice.scale
        column = block.columns[choice.time]
        times: NDArray[np.float64]
        if self._origin is None:
            times = column.astype("f8") * choice.scale
        else:
            elapsed = column.astype("i8") - self._origin.astype("i8")
            times = np.where(np.isnat(column), np.nan, elapsed * 1e-6)
        for row in np.flatnonzero(~np.isfinite(times)).tolist():
            self._object(f"{block.places[row]}: there is no time")
        for row in np.flatnonzero(np.diff(times, prepend=self._last) < 0).tolist():
            before = times[row - 1] if row else self._last
            self._object(f"{block.places[row]}: time falls, from {before:g} s to {times[row]:g} s")
        self._last = float(times[-1])
        return times

    def _values(self, block: Block, number: int, name: str) -> NDArray[np.float64]:
        values: NDArray[np.float64] = block.columns[number].astype("f8")
        for sentinel in () if self._columns.own else self._plan.sentinels:
            hit = values == sentinel
            if hit.any():
                self._replaced[name, sentinel] += int(hit.sum())
                values[hit] = np.nan
        for row in np.flatnonzero(np.isinf(values)).tolist():
            self._object(f"{block.places[row]}: {name}: infinity is no value")
        return values


def _phases(block: Block, columns: Columns) -> Iterator[tuple[int, int, int | None]]:
    """Cut a block where the phase changes: first row, row after the last, index if any."""
    if columns.own is None or not columns.own.phases:
        yield 0, len(block.places), None
        return
    index = {name: number for number, name in enumerate(columns.own.phases)}
    phases = np.array([index.get(label, 0) for label in block.labels])
    cuts = [0, *(np.flatnonzero(np.diff(phases)) + 1).tolist(), len(phases)]
    for start, stop in pairwise(cuts):
        yield start, stop, int(phases[start])

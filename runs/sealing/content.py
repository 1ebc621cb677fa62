"""What a file holds that nobody writes any more, and where its bytes lie."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import prod
from pathlib import Path

import numpy as np

from runs import layout
from runs.header import Header
from runs.layout import EVENTS, Chunk, Variable
from runs.sealing.journal import Ending, Journaled, read_journal

__all__ = ["Content", "content_of"]


@dataclass(frozen=True, slots=True)
class Content:
    """A growing file without its writer.

    Attributes
    ----------
    variables
        What it declares, cut into the chunks that the file has.
    count
        Complete records by stream.
    chunks
        Where the values of a variable lie, in their order.
    ending
        What was noted of the end, if the writer came so far.
    """

    path: Path
    header: Header
    variables: tuple[Variable, ...]
    count: Mapping[str, int]
    chunks: Mapping[str, tuple[Chunk, ...]]
    ending: Ending | None

    def places(self, variable: Variable) -> Iterator[tuple[int, int]]:
        """List where the values lie [offset and size in bytes], without what fills chunks up."""
        count = self.count.get(variable.stream, 0)
        line = variable.dtype.itemsize
        for extent in variable.record[1:]:
            line *= extent
        for chunk in self.chunks.get(variable.path, ()):
            records = min(variable.chunk[0], count - chunk[0])
            if records <= 0:
                continue
            if variable.record and variable.chunk[1] < variable.record[0]:
                yield chunk[-2], line * min(variable.chunk[1], variable.record[0] - chunk[1])
            else:
                yield chunk[-2], records * variable.record_size

    def read(self, variable: Variable) -> Iterator[bytes]:
        """Read the values, piece by piece."""
        with self.path.open("rb", buffering=0) as file:
            for offset, size in self.places(variable):
                yield os.pread(file.fileno(), size, offset)

    def whole_chunks(self, variable: Variable) -> Iterator[tuple[tuple[int, ...], bytes]]:
        """Read whole chunks, filled up with zeros: start and bytes of each."""
        count = self.count.get(variable.stream, 0)
        extent = tuple(map(min, variable.chunk, variable.shape(count)))
        size = int(np.prod(extent)) * variable.dtype.itemsize
        chunks = self.chunks.get(variable.path, ())
        with self.path.open("rb", buffering=0) as file:
            for chunk, (offset, length) in zip(chunks, self.places(variable), strict=False):
                data = os.pread(file.fileno(), length, offset)
                yield chunk[:-2], data + bytes(size - length)

    def last_time(self) -> float:
        """Tell the time [s] of the newest record of any stream; zero without one."""
        latest = 0.0
        with self.path.open("rb") as file:
            for clock in self.clocks():
                for offset, size in [*self.places(clock)][-1:]:
                    last = os.pread(file.fileno(), 8, offset + size - 8)
                    latest = max(latest, *np.frombuffer(last, "<f8"))
        return float(latest)

    def clocks(self) -> Iterator[Variable]:
        """List the times of the streams, those of the remarks apart."""
        for variable in self.variables:
            if variable.is_clock and variable.stream != EVENTS:
                yield variable

    def ended(self) -> datetime:
        """Tell when the run ended: as noted, else with its last record."""
        if self.ending is not None:
            return self.ending.ended
        return self.header.started + timedelta(seconds=self.last_time())


def content_of(path: Path) -> Content:
    """Find out what a dead writer's file holds: by its journal, else by its own structure.

    Raises
    ------
    NotARun
        Neither tells.
    """
    size = path.stat().st_size
    found = read_journal(path)
    if found is not None:
        variables = layout.planned(found.header)
    else:
        with layout.open_file(path) as file:
            found, variables = _from_structure(file)
    content = Content(
        path,
        found.header,
        variables,
        dict(found.count),
        {name: tuple(sorted(chunks)) for name, chunks in found.chunks.items()},
        found.ending,
    )
    return _sound(content, size)


def _from_structure(file: layout.File) -> tuple[Journaled, tuple[Variable, ...]]:
    """Read from the file itself what the journal would have told."""
    found = Journaled(layout.header_of(file))
    described = layout.describe(file)
    if described.ended is not None:
        found.ending = Ending(described.status, described.ended, {})
    variables = tuple(
        variable
        if variable.points is not None
        else replace(variable, chunk=file[variable.path].chunks)
        for variable in layout.planned(found.header)
    )
    for variable in variables:
        if variable.points is None:
            count = len(file[layout.clock_of(variable.stream)])
            found.count[variable.stream] = count
            chunks = layout.chunks_of(file[variable.path])
            found.chunks[variable.path] = [chunk for chunk in chunks if chunk[0] < count]
    return found, variables


def _sound(content: Content, size: int) -> Content:
    """Leave out what lies beyond the true end of the file, or where time falls.

    No writer records that; it is what a block looks like whose size reached the disk and whose
    values did not (they read as zero).
    """
    count = dict(content.count)
    for variable in content.variables:
        if variable.points is None:
            reached = _reached(content, variable, size)
            count[variable.stream] = min(count.get(variable.stream, 0), reached)
    cut = replace(content, count=count)
    for clock in cut.clocks():
        count[clock.stream] = _until_time_falls(cut, clock)
    return cut


def _reached(content: Content, variable: Variable, size: int) -> int:
    """Count the records whose chunks are all there and end before `size` [bytes]."""
    whole = prod(
        -(-extent // piece)
        for extent, piece in zip(variable.record, variable.chunk[1:], strict=True)
    )
    chunks = content.chunks.get(variable.path, ())
    there = Counter(
        chunk[0]
        for chunk, (offset, length) in zip(chunks, content.places(variable), strict=False)
        if offset + length <= size
    )
    reached = 0
    while there[reached] == whole:
        reached += variable.chunk[0]
    return reached


def _until_time_falls(content: Content, clock: Variable) -> int:
    last, count = -np.inf, 0
    for data in content.read(clock):
        times = np.frombuffer(data, "<f8")
        falls = np.flatnonzero(~(np.diff(times, prepend=last) >= 0))
        if len(falls):
            return count + int(falls[0])
        last, count = times[-1], count + len(times)
    return count

"""Records behind those that a growing file has, and where in the file they come to lie.

HDF5 finds the place of a chunk by walking through all of them, which takes 2 ms where there are
ten thousand. But it takes the room for a new chunk at the end of what it has allocated so far, at
the next page; where the allocation grows by just that, the place of the chunk is known. Chunks
smaller than a page are looked up: they may fill what lies between two pages, while something else
that has their size goes to the end.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from math import prod

import h5py
import numpy as np
from h5py import h5s
from numpy.typing import NDArray

from runs.layout.plan import Variable

__all__ = ["PAGE", "Chunk", "append", "chunks_of"]

PAGE = 4096
"""Chunks that begin with a page of memory are written without reading or sharing one [bytes]."""

Chunk = tuple[int, ...]
"""Where a chunk begins, in records and in the extents of a record; then its place and size in
the file [bytes]."""


def append(
    file: h5py.File,
    dataset: h5py.Dataset,
    variable: Variable,
    count: int,
    values: NDArray[np.generic],
) -> list[Chunk]:
    """Append records behind the first `count`; tell where the chunks lie that began with them."""
    dataset.id.set_extent((count + len(values), *variable.record))
    if variable.record and variable.chunk[0] == 1:
        return [*_append_chunks(file, dataset, variable, count, values)]
    # The object interface of h5py takes several times as long for the same calls.
    dataset.id.write(*_spaces(count, values.shape), values)
    return _placed(file, dataset, variable, count, count + len(values))


@lru_cache(maxsize=4)
def _spaces(count: int, shape: tuple[int, ...]) -> tuple[h5s.SpaceID, h5s.SpaceID]:
    """Select records behind the first `count`, in memory and in the file; alike for all columns."""
    space = h5s.create_simple((count + shape[0], *shape[1:]))
    space.select_hyperslab((count, *(0,) * (len(shape) - 1)), shape)
    return h5s.create_simple(shape), space


def _append_chunks(
    file: h5py.File,
    dataset: h5py.Dataset,
    variable: Variable,
    count: int,
    values: NDArray[np.generic],
) -> Iterator[Chunk]:
    """Append records of whole chunks, which HDF5 then neither gathers nor keeps."""
    size = _size(variable)
    allocated = file.id.get_filesize()
    for number, record in enumerate(values, start=count):
        for first, piece in _pieces(record, variable.chunk[1:]):
            dataset.id.write_direct_chunk((number, *first), piece)
            place, allocated = _next_page(allocated), file.id.get_filesize()
            if allocated != place + size:
                place = _looked_up(dataset, (number, *first))
            yield (number, *first, place, size)


def _pieces(
    record: NDArray[np.generic], extent: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], NDArray[np.generic]]]:
    """Cut a record into pieces of that extent; what a last one lacks is filled with zeros."""
    for first in product(*map(range, (0,) * record.ndim, record.shape, extent)):
        piece = record[tuple(slice(a, a + n) for a, n in zip(first, extent, strict=True))]
        if piece.shape != extent:
            filled = np.zeros(extent, record.dtype)
            filled[tuple(map(slice, piece.shape))] = piece
            piece = filled
        yield first, np.ascontiguousarray(piece)


def _placed(
    file: h5py.File, dataset: h5py.Dataset, variable: Variable, first: int, stop: int
) -> list[Chunk]:
    """Tell where the chunks lie that records `first` up to and without `stop` began."""
    records = variable.chunk[0]
    begun = range(-(-first // records) * records, stop, records)
    if not begun:
        return []
    size = _size(variable)
    inside = (0,) * len(variable.record)
    place = _next_page(file.id.get_filesize())
    # A chunk gets its place as it leaves the cache.
    dataset.id.flush()
    if len(begun) == 1 and size >= PAGE and file.id.get_filesize() == place + size:
        return [(begun[0], *inside, place, size)]
    return [(row, *inside, _looked_up(dataset, (row, *inside)), size) for row in begun]


def _size(variable: Variable) -> int:
    return prod(variable.chunk) * variable.dtype.itemsize


def _next_page(allocated: int) -> int:
    return -(-allocated // PAGE) * PAGE


def _looked_up(dataset: h5py.Dataset, start: tuple[int, ...]) -> int:
    place = dataset.id.get_chunk_info_by_coord(start).byte_offset
    if place is None:
        raise OSError(f"{dataset.name}: HDF5 has given no place to the records from {start[0]} on")
    return int(place)


def chunks_of(dataset: h5py.Dataset) -> list[Chunk]:
    """Tell where every chunk of a dataset lies."""
    found: list[Chunk] = []

    def take(chunk: h5py.h5d.StoreInfo) -> None:
        found.append((*chunk.chunk_offset, chunk.byte_offset, chunk.size))

    dataset.id.chunk_iter(take)
    return sorted(found)

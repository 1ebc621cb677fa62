"""Records behind those that a growing file has, and where in the file they come to lie.

HDF5 allots the chunks and keeps their list; what they hold is written past it, straight to the
place of the record. So a quarter second of rows costs the disk what it weighs, where HDF5 writes
every chunk that it touches in full; Python's other threads go on meanwhile; and the lists of HDF5
reach the disk only after what they tell of.

HDF5 finds the place of a chunk by walking through all of them, which takes 2 ms where there are
ten thousand. But it takes the room for new chunks at the end of what it has allotted so far, each
at the next page; where the file grows by just that, their places are known. Chunks smaller than a
page are looked up: they may fill what lies between two pages, while something else that has their
size goes to the end.
"""

import os
from collections.abc import Iterator
from itertools import product
from math import prod

import h5py
import numpy as np
from numpy.typing import NDArray

from runs.layout.plan import Variable

__all__ = ["PAGE", "Chunk", "Growing", "chunks_of", "missing"]

PAGE = 4096
"""Chunks that begin with a page of memory are written without reading or sharing one [bytes]."""

Chunk = tuple[int, ...]
"""Where a chunk begins, in records and in the extents of a record; then its place and size in
the file [bytes]."""


class Growing:
    """A variable of a growing file, which this process alone appends to, from its first record."""

    def __init__(self, file: h5py.File, variable: Variable) -> None:
        self._file = file
        self._descriptor = int(file.id.get_vfd_handle())
        self._dataset = file[variable.path].id
        self._variable = variable
        self._size = prod(variable.chunk) * variable.dtype.itemsize
        # Within one record, where its chunks begin.
        extents = zip(variable.record, variable.chunk[1:], strict=True)
        self._firsts = [*product(*(range(0, whole, part) for whole, part in extents))]
        self._missing = missing(variable)
        self._count = 0
        self._place = 0  # of the chunk that is not full yet

    def append(self, values: NDArray[np.generic]) -> list[Chunk]:
        """Append records; tell where the chunks lie that began with them.

        Raises
        ------
        OSError
            The disk does not take them.
        """
        values = np.ascontiguousarray(values, self._variable.dtype)
        begun = self._grow(len(values))
        if len(self._firsts) == 1:
            self._put_records(values, begun)
        else:
            for chunk, piece in zip(begun, self._pieces(values), strict=True):
                self._put(piece, chunk[-2])
        self._count += len(values)
        return begun

    def _grow(self, more: int) -> list[Chunk]:
        """Let HDF5 allot what is missing; tell where it lies."""
        records, extent = self._variable.chunk[0], (self._count + more, *self._variable.record)
        rows = range(-(-self._count // records) * records, extent[0], records)
        if not rows:
            self._dataset.set_extent(extent)
            return []
        allotted = self._file.id.get_filesize()
        self._dataset.set_extent(extent)
        starts = [(row, *first) for row in rows for first in self._firsts]
        place, step = _next_page(allotted), _next_page(self._size)
        end = place + (len(starts) - 1) * step + self._size
        if self._size >= PAGE and self._file.id.get_filesize() == end:
            places = [*range(place, end, step)]
        else:
            places = [_looked_up(self._dataset, start) for start in starts]
        return [(*start, at, self._size) for start, at in zip(starts, places, strict=True)]

    def _put_records(self, values: NDArray[np.generic], begun: list[Chunk]) -> None:
        """Write records that lie one after the other in their chunks."""
        records, size = self._variable.chunk[0], self._variable.record_size
        within = self._count % records
        taken = 0
        for place in (*((self._place,) if within else ()), *(chunk[-2] for chunk in begun)):
            piece = values[taken : taken + records - within]
            taken += len(piece)
            if not within and len(piece) < records:
                # A disk that has all its room need not note where it lies, each time.
                piece = self._filled(piece)
            self._put(piece, place + within * size)
            within, self._place = 0, place

    def _filled(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        """Make a chunk of the first records that lie in it."""
        chunk = np.empty(self._variable.chunk, self._variable.dtype)
        chunk[: len(values)] = values
        chunk[len(values) :] = b"" if self._missing is None else self._missing
        return chunk

    def _pieces(self, values: NDArray[np.generic]) -> Iterator[NDArray[np.generic]]:
        """Cut records into chunks; what a last one lacks is filled with zeros."""
        extent = self._variable.chunk[1:]
        for record, first in product(values, self._firsts):
            piece = record[tuple(slice(a, a + n) for a, n in zip(first, extent, strict=True))]
            if piece.shape != extent:
                filled = np.zeros(extent, record.dtype)
                filled[tuple(map(slice, piece.shape))] = piece
                piece = filled
            yield np.ascontiguousarray(piece)

    def _put(self, values: NDArray[np.generic], place: int) -> None:
        done = os.pwrite(self._descriptor, values.data, place)
        while done < values.nbytes:
            # A disk with little room takes a part before it refuses.
            rest = values.reshape(-1).view(np.uint8)[done:]
            done += os.pwrite(self._descriptor, rest.data, place + done)


def _next_page(allotted: int) -> int:
    return -(-allotted // PAGE) * PAGE


def _looked_up(dataset: h5py.h5d.DatasetID, start: tuple[int, ...]) -> int:
    place = dataset.get_chunk_info_by_coord(start).byte_offset
    if place is None:
        name = h5py.h5i.get_name(dataset).decode()
        raise OSError(f"{name}: HDF5 has given no place to the records from {start[0]} on")
    return int(place)


def missing(variable: Variable) -> float | int | None:
    """Give what stands for a value that is not there yet.

    A plain reader of the growing file gives every variable the length of the longest, and may
    see one of them longer than another.
    """
    if variable.is_text:
        return None
    if variable.dtype.kind == "f":
        return np.nan
    if variable.path == "phase":
        return -1
    bits: int = 8 * variable.dtype.itemsize
    largest: int = 2 ** (bits - 1)
    return 2 * largest - 1 if variable.dtype.kind == "u" else -largest


def chunks_of(dataset: h5py.Dataset) -> list[Chunk]:
    """Tell where every chunk of a dataset lies."""
    found: list[Chunk] = []

    def take(chunk: h5py.h5d.StoreInfo) -> None:
        found.append((*chunk.chunk_offset, chunk.byte_offset, chunk.size))

    dataset.id.chunk_iter(take)
    return sorted(found)

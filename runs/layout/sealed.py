"""The finished file: superblock 0, fixed dimensions, values in one piece, as every reader knows it.

Variables lie contiguously, so that their bytes are copied without HDF5, hashed as they lie and
mapped into memory; compressed ones lie in chunks, deflated after a byte shuffle.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from os import cpu_count
from pathlib import Path

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t
from isal import isal_zlib

from runs.header import Header
from runs.layout.growing import declare, history, put
from runs.layout.plan import Variable, planned
from runs.streams import Attribute

__all__ = ["TREE", "Place", "create_sealed", "note_trees", "places"]

TREE = "sha256_tree"
"""Attribute of each variable: SHA-256 over the SHA-256 of its leaves, hexadecimal."""
_TREE_ROOM = 64
_DEFLATE = 1
_AHEAD = 8

Place = tuple[int, int]
"""Where bytes lie in a file: offset and size [bytes]."""


class _Sealed:
    def __init__(self, counts: Mapping[str, int], texts: Mapping[str, list[bytes]]) -> None:
        self._counts = counts
        self._texts = texts

    def __call__(self, file: h5py.File, variable: Variable) -> h5py.Dataset:
        if variable.points is not None:
            return file.create_dataset(
                variable.path, data=variable.points.array(), track_order=True
            )
        count = self._counts.get(variable.stream, 0)
        if variable.is_text:
            dtype = h5py.string_dtype()
            data = np.array(self._texts.get(variable.path, []), dtype=dtype)
            return file.create_dataset(variable.path, data=data, dtype=dtype, track_order=True)
        if variable.compress and count:
            return file.create_dataset(
                variable.path,
                variable.shape(count),
                chunks=tuple(map(min, variable.chunk, variable.shape(count))),
                dtype=variable.dtype,
                shuffle=True,
                compression="gzip",
                compression_opts=_DEFLATE,
                track_order=True,
            )
        return _contiguous(file, variable, count)


def _contiguous(file: h5py.File, variable: Variable, count: int) -> h5py.Dataset:
    """Create it with room for all values and none written: they are copied there."""
    parent, _, name = variable.path.rpartition("/")
    properties = h5p.create(h5p.DATASET_CREATE)
    properties.set_alloc_time(h5d.ALLOC_TIME_EARLY)
    properties.set_fill_time(h5d.FILL_TIME_NEVER)
    properties.set_attr_creation_order(h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED)
    group = file[parent] if parent else file
    space = h5s.create_simple(variable.shape(count))
    kind = h5t.py_create(variable.dtype, logical=True)
    return h5py.Dataset(h5d.create(group.id, name.encode(), kind, space, properties))


def create_sealed(
    path: Path,
    header: Header,
    counts: Mapping[str, int],
    *,
    status: str,
    ended: datetime,
    attributes: Mapping[str, Attribute],
    texts: Mapping[str, list[bytes]],
    chunks: Mapping[str, Iterator[tuple[tuple[int, ...], bytes]]],
) -> dict[str, dict[tuple[int, ...], Place]]:
    """Write the file but for the values that are copied into it afterwards.

    Parameters
    ----------
    texts
        What variables of text hold.
    chunks
        What compressed variables hold: start and bytes of each whole chunk.

    Returns
    -------
    dict
        By variable, where its values lie: one place, or one for each chunk by its start.
    """
    with h5py.File(path, "w", track_order=True) as file:
        put(file, "status", status)
        put(file, "ended", ended.isoformat())
        put(file, "history", history(ended, f"sealed as {status}"))
        file.attrs["rows"] = np.int64(counts.get("", 0))
        declare(file, header, _Sealed(counts, texts), attributes)
        for name, whole in chunks.items():
            _compress(file[name], whole)
        file.flush()
        found = {}
        for variable in planned(header):
            if not variable.is_text:
                put(file[variable.path], TREE, "", _TREE_ROOM)
                found[variable.path] = places(file[variable.path])
        return found


def note_trees(path: Path, trees: Mapping[str, str]) -> None:
    """Write the hash of each variable into the room that its attribute has."""
    with h5py.File(path, "r+") as file:
        for name, tree in trees.items():
            data = np.array(tree.encode(), dtype=h5py.string_dtype("utf-8", _TREE_ROOM))
            file[name].attrs.modify(TREE, data)


def _compress(dataset: h5py.Dataset, whole: Iterator[tuple[tuple[int, ...], bytes]]) -> None:
    with ThreadPoolExecutor(cpu_count()) as pool:
        # A few at a time: the values of a long run do not fit into memory.
        while some := list(islice(whole, _AHEAD)):
            packed = pool.map(lambda each: _deflated(each[1], dataset.dtype.itemsize), some)
            for (start, _), data in zip(some, packed, strict=True):
                dataset.id.write_direct_chunk(start, data)


def _deflated(data: bytes, itemsize: int) -> bytes:
    shuffled = np.frombuffer(data, "u1").reshape(-1, itemsize).T.tobytes()
    return isal_zlib.compress(shuffled, _DEFLATE)


def places(dataset: h5py.Dataset) -> dict[tuple[int, ...], Place]:
    """Tell where the values of a variable lie in its file: see `create_sealed`."""
    found: dict[tuple[int, ...], Place] = {}
    if dataset.chunks is None:
        if dataset.size:
            found[()] = (dataset.id.get_offset(), dataset.size * dataset.dtype.itemsize)
        return found

    def note(chunk: h5d.StoreInfo) -> None:
        found[tuple(chunk.chunk_offset)] = (chunk.byte_offset, chunk.size)

    dataset.id.chunk_iter(note)
    return dict(sorted(found.items()))

"""Virtual references: many sealed runs as one Zarr store whose chunks are the files as they lie.

The form is that of kerchunk (version 1), which fsspec reads: a key of the store is either text, or
a place in a file. A sealed file says where its values lie, so that nothing has to be parsed.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from runs.errors import RecordRefused
from runs.sealing.seal import Index, Part, read_index

__all__ = ["references"]

Reference = str | list[str | int]


def references(
    paths: Sequence[Path], urls: Sequence[str] | None = None, *, by_run: bool = False
) -> dict[str, Any]:
    """Refer to the main stream of many sealed runs, as JSON for fsspec's reference file system.

    Parameters
    ----------
    urls
        Where each file is for those who will read it ("s3://bucket/runs/…"); here, if not given.
    by_run
        Whether every run becomes a group of its own ("reference://R-2026-00042"), of its own
        length. Else the variables have
        the dimensions (run, sample), for which all runs must have the same channels and rows.

    Raises
    ------
    RecordRefused
        A file is not sealed in layout 2 or later, or the runs differ.
    """
    places = list(urls) if urls is not None else [path.absolute().as_uri() for path in paths]
    if not paths or len(places) != len(paths):
        raise RecordRefused("files", len(paths), "at least one run file, and a URL for each")
    indexes = [_index(path) for path in paths]
    store: dict[str, Reference] = {}
    if not by_run:
        _add_together(store, paths, places, indexes)
        return {"version": 1, "refs": store}
    store[".zgroup"] = _GROUP
    for place, index in zip(places, indexes, strict=True):
        header = index.description["header"]
        prefix = f"{header['run']}/"
        store[f"{prefix}.zgroup"] = _GROUP
        store[f"{prefix}.zattrs"] = json.dumps(_about(index), ensure_ascii=False)
        for name, attributes in _variables(index).items():
            _add(store, f"{prefix}{name}", [index.part(name)], [place], ("sample",), attributes)
    return {"version": 1, "refs": store}


_GROUP = json.dumps({"zarr_format": 2})


def _index(path: Path) -> Index:
    index = read_index(path)
    if index is None:
        raise RecordRefused("file", path, "a run sealed in layout 2 or later")
    return index


def _about(index: Index) -> dict[str, object]:
    header = index.description["header"]
    kept = {name: header[name] for name in ("run", "title", "started")}
    return {**header["attributes"], **index.description["attributes"], **kept}


def _variables(index: Index) -> dict[str, dict[str, str]]:
    """List the variables of the main stream with their attributes."""
    header = index.description["header"]
    found = {"time": {"units": "s", "long_name": "time since the start"}}
    for channel in header["channels"]:
        said = {"units": channel["unit"]}
        said |= {key: channel[key] for key in ("standard_name", "long_name") if channel[key]}
        found[channel["name"]] = said
    phases = header["phases"]
    meanings = {"flag_meanings": " ".join(phases)} if phases else {}
    return {**found, "phase": {"long_name": "phase of the procedure", **meanings}}


def _add_together(
    store: dict[str, Reference],
    paths: Sequence[Path],
    places: Sequence[str],
    indexes: Sequence[Index],
) -> None:
    variables = _variables(indexes[0])
    rows = indexes[0].part("time").shape
    for path, index in zip(paths, indexes, strict=True):
        if _units(_variables(index)) != _units(variables):
            raise RecordRefused("channels", path, f"those of {paths[0]}, in the same units")
        if index.part("time").shape != rows:
            found = f"{index.part('time').shape[0]} in {path}"
            raise RecordRefused("rows", found, f"{rows[0]} as in {paths[0]} (else by_run=True)")
    store[".zgroup"] = _GROUP
    store[".zattrs"] = "{}"
    for name, attributes in variables.items():
        parts = [index.part(name) for index in indexes]
        _add(store, name, parts, places, ("run", "sample"), attributes)
    headers = [index.description["header"] for index in indexes]
    for name in ("run", "started"):
        _add_texts(store, name, [header[name] for header in headers])


def _units(variables: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {name: said.get("units", "") for name, said in variables.items()}


def _add(
    store: dict[str, Reference],
    name: str,
    parts: Sequence[Part],
    places: Sequence[str],
    dimensions: tuple[str, ...],
    attributes: Mapping[str, str],
) -> None:
    dtype = np.dtype(parts[0].dtype)
    rows = parts[0].shape[0]
    many = len(dimensions) > 1
    shape = [len(parts), rows] if many else [rows]
    fill = "NaN" if dtype.kind == "f" else None
    _describe(store, name, shape, [1, rows] if many else [rows], dtype.str, fill)
    store[f"{name}/.zattrs"] = json.dumps(
        {**attributes, "_ARRAY_DIMENSIONS": dimensions}, ensure_ascii=False
    )
    for number, (part, place) in enumerate(zip(parts, places, strict=True)):
        if part.offset is not None:
            key = f"{name}/{number}.0" if many else f"{name}/0"
            store[key] = [place, part.offset, rows * dtype.itemsize]


def _add_texts(store: dict[str, Reference], name: str, texts: Sequence[str]) -> None:
    values = np.array(texts, "U")
    _describe(store, name, [len(texts)], [len(texts)], values.dtype.str, None)
    store[f"{name}/.zattrs"] = json.dumps({"_ARRAY_DIMENSIONS": ["run"]})
    store[f"{name}/0"] = "base64:" + base64.b64encode(values.tobytes()).decode()


def _describe(
    store: dict[str, Reference],
    name: str,
    shape: list[int],
    chunks: list[int],
    dtype: str,
    fill: str | None,
) -> None:
    store[f"{name}/.zarray"] = json.dumps(
        {
            "zarr_format": 2,
            "shape": shape,
            "chunks": [max(each, 1) for each in chunks],
            "dtype": dtype,
            "compressor": None,
            "filters": None,
            "fill_value": fill,
            "order": "C",
        }
    )

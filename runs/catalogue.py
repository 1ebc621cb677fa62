"""Finding run files, and telling of each all that people search by, from the files alone."""

import os
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from pathlib import Path

from runs.header import Description
from runs.reader import describe
from runs.results import SUFFIX as RESULTS
from runs.results import Result, read_results
from runs.sealing.seal import read_index
from runs.streams import Attribute

__all__ = ["Entry", "Found", "Instrument", "entry", "find", "look", "scan"]

SUFFIX = ".h5"
_LATER_PART = re.compile(r"(.+)\.\d{3}\.h5")
_RESULT = "result_"
_UNIT = "_unit"
_ROLE = re.compile(r"(.+)_(maker|model|serial|equipment)")


@dataclass(frozen=True, slots=True)
class Found:
    """A run file as its directory tells of it.

    Attributes
    ----------
    place
        Path below the directory that was searched, with "/" between its parts.
    size
        Length [bytes].
    modified
        Instant of the last change, of the file or of the results beside it [ns since 1970].
    """

    place: str
    size: int
    modified: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """An instrument that took part; `equipment` is the centre's code of it."""

    role: str
    maker: str = ""
    model: str = ""
    serial: str = ""
    equipment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a run file tells to those who look for it; "" where it is silent.

    Attributes
    ----------
    status
        "recording", "completed", "aborted", "error" or "interrupted".
    organisation, organisation_ko, organisation_code
        Whose run it is, as it was written down.
    kind
        Kind of the booking: "direct", "requested" or "maintenance".
    outcome
        Verdict when the run ended: "pass", "conditional_pass", "conditional_fail", "fail",
        "refused", "not_judged" or "invalid".
    """

    found: Found
    run: str
    title: str
    status: str
    started: datetime
    ended: datetime | None
    rows: int
    channels: Mapping[str, str]
    method: str = ""
    version: str = ""
    standard: str = ""
    organisation: str = ""
    organisation_ko: str = ""
    organisation_code: str = ""
    specimen: str = ""
    specimen_name: str = ""
    bench: str = ""
    operator: str = ""
    booking: str = ""
    kind: str = ""
    outcome: str = ""
    instruments: tuple[Instrument, ...] = ()
    results: tuple[Result, ...] = ()


# Where an attribute of the file bears another name than the field of the entry.
_NAMED = {"version": "method_version", "operator": "performer", "kind": "booking_kind"}
_TEXTS = (
    "method", "version", "standard", "organisation", "organisation_ko", "organisation_code",
    "specimen", "specimen_name", "bench", "operator", "booking", "kind", "outcome",
)  # fmt: skip


def scan(directory: Path) -> Iterator[Path]:
    """Walk a directory and everything below it for run files, in order of their names."""
    yield from sorted(directory.rglob(f"*{SUFFIX}"))


def find(directory: Path) -> Iterator[Found]:
    """Walk as `scan` does, with size and age of each file, and without opening any."""
    yield from _below(directory, "")


def _below(directory: Path | str, prefix: str) -> Iterator[Found]:
    with os.scandir(directory) as inside:
        here = {each.name: each for each in inside}
    for name in sorted(here):
        if here[name].is_dir():
            yield from _below(here[name].path, f"{prefix}{name}/")
        elif name.endswith(SUFFIX) and not _is_later_part(name, here):
            try:
                seen = here[name].stat()
                beside = here.get(name + RESULTS)
                later = 0 if beside is None else beside.stat().st_mtime_ns
            except FileNotFoundError:
                # Sealed or moved since the directory was read; the next walk sees what became.
                continue
            yield Found(f"{prefix}{name}", seen.st_size, max(seen.st_mtime_ns, later))


def _is_later_part(name: str, here: Container[str]) -> bool:
    """Whether it continues a file of the same directory: the run is found by its first."""
    continues = _LATER_PART.fullmatch(name)
    return continues is not None and continues[1] + SUFFIX in here


def look(directory: Path, place: str) -> Found | None:
    """Tell of one file what `find` would; None where there is none."""
    path = directory / place
    try:
        seen = path.stat()
    except FileNotFoundError:
        return None
    beside = path.with_name(path.name + RESULTS)
    later = beside.stat().st_mtime_ns if beside.exists() else 0
    return Found(place, seen.st_size, max(seen.st_mtime_ns, later))


def entry(directory: Path, found: Found) -> Entry:
    """Read what one file tells.

    Raises
    ------
    NotARun
        The file is something else, or damaged.
    """
    told = _described(directory / found.place)
    attributes = told.attributes
    texts = {name: _text(attributes.get(_NAMED.get(name, name))) for name in _TEXTS}
    results = read_results(directory / found.place)
    if results is not None:
        texts["outcome"] = results.outcome
    return Entry(
        found=found,
        run=told.run,
        title=told.title,
        status=told.status,
        started=told.started,
        ended=told.ended,
        rows=told.rows,
        channels=told.channels,
        instruments=_instruments(told),
        results=_results(attributes) if results is None else results.values,
        **texts,
    )


def _described(path: Path) -> Description:
    """Describe a run: by its seal where it has one, which needs no HDF5, else by looking inside."""
    index = read_index(path)
    if index is None:
        return describe(path)
    told = index.description
    header, ended = told["header"], told["ended"]
    return Description(
        run=header["run"],
        title=header["title"],
        status=told["status"],
        rows=told["count"][""],
        started=datetime.fromisoformat(header["started"]),
        ended=datetime.fromisoformat(ended) if ended else None,
        channels={channel["name"]: channel["unit"] for channel in header["channels"]},
        phases=tuple(header["phases"]),
        attributes=header["attributes"] | told["attributes"],
    )


def _text(value: Attribute | None) -> str:
    return "" if value is None else str(value)


def _instruments(told: Description) -> tuple[Instrument, ...]:
    roles: dict[str, dict[str, str]] = {}
    for name, value in told.attributes.items():
        if matched := _ROLE.fullmatch(name):
            roles.setdefault(matched[1], {})[matched[2]] = str(value)
    # A parameter may end like that as well; an instrument tells its maker or its equipment code.
    return tuple(
        Instrument(role=role, **parts)
        for role, parts in roles.items()
        if "maker" in parts or "equipment" in parts
    )


def _results(attributes: Mapping[str, Attribute]) -> tuple[Result, ...]:
    return tuple(
        Result(
            name=name.removeprefix(_RESULT),
            value=float(value),
            unit=_text(attributes.get(f"{name}{_UNIT}")),
        )
        for name, value in attributes.items()
        if name.startswith(_RESULT) and not isinstance(value, str) and isfinite(value)
    )

"""Records as people may see them: their files, and the one that grows."""

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Literal, Protocol
from zipfile import ZipFile

import runs
from testbed.domain.people import Actor
from testbed.engine.segments import parts
from testbed.services.following import FollowedRecord

__all__ = [
    "SINGLE",
    "WRITERS",
    "FileOfRun",
    "Format",
    "RecordLocator",
    "RecordUnreachable",
    "Records",
]

Format = Literal["h5", "csv", "netcdf", "parquet", "matlab"]
_SUFFIX: Mapping[str, str] = {
    "h5": "h5", "csv": "csv", "netcdf": "nc", "parquet": "parquet", "matlab": "mat"
}  # fmt: skip
WRITERS: Mapping[str, Callable[..., object]] = MappingProxyType(
    {
        "csv": runs.to_csv,
        "netcdf": runs.to_netcdf,
        # A finished run file is netCDF as it stands.
        "h5": runs.to_netcdf,
        "parquet": runs.to_parquet,
        "matlab": runs.to_matlab,
    }
)
"""What writes a run in another format: from a path, to a path, telling its progress."""

SINGLE = frozenset({"csv", "parquet"})
"""Formats that hold one stream of a run."""


class RecordUnreachable(OSError):
    """An archived record that cannot be had now; the message says why, and what to do."""


FileOfRun = tuple[Path, bool]
"""Where the file is, and whether its run has ended."""


class RecordLocator(Protocol):
    """Knows where the files of runs are, and who may see inside."""

    def file(self, actor: Actor, run: str) -> FileOfRun | None:
        """Find the file of a run whose values the person may see."""
        ...


class Records:
    """The use cases of looking at records.

    Parameters
    ----------
    exports
        Directory for files that are made on request.
    """

    def __init__(self, locator: RecordLocator, exports: Path) -> None:
        self._locator = locator
        self._exports = exports

    def file(self, actor: Actor, run: str) -> Path | None:
        """Find the file of a run, growing or finished; None where there is none to see."""
        found = self._locator.file(actor, run)
        return found[0] if found is not None and found[0].is_file() else None

    def export(self, actor: Actor, run: str, format: Format, stream: str = "") -> Path | None:
        """Give the file of an ended run in a format; None where the person may not have it.

        A run of days lies in several files: those come in one ZIP file.

        Parameters
        ----------
        stream
            Which one, in a format that holds a single stream (CSV, Parquet); "" for the main one.

        Raises
        ------
        RecordRefused
            The run has no such stream.
        """
        found = self._locator.file(actor, run)
        if found is None or not found[1] or not found[0].exists() or format not in _SUFFIX:
            return None
        files = parts(found[0])
        only = stream if format in SINGLE else ""
        if len(files) > 1:
            return self._packed(files, format, only)
        if format == "h5":
            return found[0]
        self._exports.mkdir(parents=True, exist_ok=True)
        out = self._exports / _name(run, only, format)
        if not out.exists() or out.stat().st_mtime < found[0].stat().st_mtime:
            _write(format, found[0], out, only)
        return out

    def _packed(self, files: tuple[Path, ...], format: Format, stream: str) -> Path:
        """Put every file of a run, in a format, into one."""
        self._exports.mkdir(parents=True, exist_ok=True)
        out = self._exports / f"{_name(files[0].stem, stream, format)}.zip"
        if out.exists() and out.stat().st_mtime >= files[-1].stat().st_mtime:
            return out
        with TemporaryDirectory(dir=self._exports) as place:
            growing = Path(place) / out.name
            with ZipFile(growing, "w") as packed:
                for file in files:
                    one = file
                    if format != "h5":
                        one = Path(place) / _name(file.stem, stream, format)
                        _write(format, file, one, stream)
                    packed.write(one, _name(file.stem, stream, format))
            growing.replace(out)
        return out

    def tail(self, actor: Actor, run: str) -> FollowedRecord | None:
        """Follow the record of a run; None while there is no file yet."""
        found = self._locator.file(actor, run)
        if found is None:
            return None
        try:
            return FollowedRecord(found[0])
        except (FileNotFoundError, runs.NotARun):
            return None


def _name(run: str, stream: str, format: Format) -> str:
    return ".".join(filter(None, (run, stream, _SUFFIX[format])))


def _write(format: Format, source: Path, out: Path, stream: str) -> None:
    if format in SINGLE:
        WRITERS[format](source, out, stream=stream)
    else:
        WRITERS[format](source, out)

"""Records as people may see them: windows of curves, files, and the one that grows."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, Protocol

import runs
from testbed.domain.people import Actor
from testbed.services.following import FollowedRecord
from testbed.services.rows import Trace

__all__ = ["FileOfRun", "RecordLocator", "Records"]

Format = Literal["h5", "csv", "netcdf"]
_SUFFIX: Mapping[str, str] = {"h5": "h5", "csv": "csv", "netcdf": "nc"}


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

    def trace(
        self,
        actor: Actor,
        run: str,
        x: str,
        y: str,
        x_from: float | None,
        x_to: float | None,
        pixels: int,
    ) -> Trace | None:
        """Read a window of one curve, thinned to `pixels`; None where there is none to see."""
        path = self.file(actor, run)
        if path is None:
            return None
        width = min(max(pixels, 10), 8000)
        try:
            channels = runs.describe(path).channels
            if y not in channels or (x != "time" and x not in channels):
                return None
            window = runs.window(path, (y,), x=x, x_from=x_from, x_to=x_to, pixels=width)[y]
        except runs.NotARun:
            return None
        return Trace(tuple(window.x.tolist()), tuple(window.y.tolist()), window.exact)

    def file(self, actor: Actor, run: str) -> Path | None:
        """Find the file of a run, growing or finished; None where there is none to see."""
        found = self._locator.file(actor, run)
        return found[0] if found is not None and found[0].is_file() else None

    def export(self, actor: Actor, run: str, format: Format) -> Path | None:
        """Give the file of an ended run in a format; None where the person may not have it."""
        found = self._locator.file(actor, run)
        if found is None or not found[1] or not found[0].exists() or format not in _SUFFIX:
            return None
        if format == "h5":
            return found[0]
        self._exports.mkdir(parents=True, exist_ok=True)
        out = self._exports / f"{run}.{_SUFFIX[format]}"
        if not out.exists() or out.stat().st_mtime < found[0].stat().st_mtime:
            # Each in a place of its own: two people may ask for the same export at once.
            with TemporaryDirectory(dir=self._exports) as place:
                growing = Path(place) / out.name
                if format == "csv":
                    runs.to_csv(found[0], growing)
                else:
                    runs.to_netcdf(found[0], growing)
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

"""A run opened to be looked at: windows of its curves, over and over, at any zoom."""

import logging
import os
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from runs import layout
from runs.declaration import from_json
from runs.errors import RecordRefused
from runs.header import Header
from runs.looking import window as windows
from runs.looking.building import build_view
from runs.looking.levels import Levels
from runs.looking.pages import Identity, ViewRefused
from runs.looking.sources import SECONDS, SealedStream, StoredStream, columns_of, packing, view_path
from runs.looking.view import View
from runs.looking.window import Window
from runs.memory import kept_memory
from runs.places import located
from runs.sealing.seal import Index, read_index
from runs.streams import MAIN, Blocks

__all__ = ["Curves", "window"]

_FEW = 1 << 20
"""So many samples are looked at without a view."""

_log = logging.getLogger(__name__)


class Curves:
    """A run file, kept open for its windows.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    NotARun
        It cannot be read as a run.
    """

    def __init__(self, path: Path) -> None:
        kept_memory()
        self.path = path
        self._held = ExitStack()
        self._levels: dict[str, Levels] = {}
        try:
            self._index: Index | None = read_index(path)
            if self._index is not None:
                self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                self._held.callback(os.close, self._descriptor)
                self._header: Header = from_json(self._index.description["header"])
                self.growing = False
            else:
                self._file = self._held.enter_context(layout.open_file(path))
                self._header = layout.header_of(self._file)
                self.growing = not layout.is_sealed(self._file)
        except BaseException:
            self._held.close()
            raise
        self._variables = layout.planned(self._header)

    def window(
        self,
        channels: tuple[str, ...],
        *,
        stream: str = MAIN,
        x: str = "time",
        x_from: float | None = None,
        x_to: float | None = None,
        pixels: int = 1000,
    ) -> dict[str, Window]:
        """Read a window of channels of a stream: see `runs.looking.window`."""
        columns = columns_of(self._variables, stream)
        for name in (*channels, x):
            if name not in columns and name != "time":
                raise RecordRefused("channel", name, ", ".join(columns))
        levels = self._opened(stream)
        ends = {"x": x, "x_from": x_from, "x_to": x_to, "pixels": pixels}
        try:
            found = windows.window(levels, channels, **ends)  # type: ignore[arg-type]
        except ViewRefused as refused:
            levels = self._without_view(stream, refused)
            found = windows.window(levels, channels, **ends)  # type: ignore[arg-type]
        return {name: _unpacked(each, columns[name]) for name, each in found.items()}

    @property
    def channels(self) -> dict[str, dict[str, str]]:
        """Name the channels that are curves over time, with their units, by stream.

        A stream of spectra or pictures is left out: its samples do not follow each other in time.
        """
        found = {MAIN: {each.name: each.unit for each in self._header.channels}}
        for stream in self._header.streams:
            axes = stream.axes if isinstance(stream, Blocks) else ()
            if all(axis.unit in SECONDS for axis in axes) and len(axes) <= 1:
                found[stream.name] = {each.name: each.unit for each in stream.channels}
        return found

    def rows(self, stream: str = MAIN) -> int:
        """Count the samples of a channel of a stream."""
        return self._opened(stream).rows

    def inside(
        self, x_from: float | None = None, x_to: float | None = None, *, stream: str = MAIN
    ) -> int:
        """Count the samples of a channel between two times [s], both included."""
        levels = self._opened(stream)
        start = 0 if x_from is None else levels.seek(x_from, "left")
        stop = levels.rows if x_to is None else levels.seek(x_to, "right")
        return max(stop - start, 0)

    def refresh(self) -> None:
        """See what was recorded meanwhile."""
        if self.growing:
            for levels in self._levels.values():
                assert isinstance(levels.source, StoredStream)
                levels.source.refresh()
                levels.refresh()

    def _opened(self, stream: str) -> Levels:
        if stream not in self._levels:
            source = self._source(stream)
            self._levels[stream] = Levels(source, self._view(stream, source))
        return self._levels[stream]

    def _source(self, stream: str) -> SealedStream | StoredStream:
        if self._index is not None:
            return SealedStream(self._descriptor, self._index, self._variables, stream)
        return StoredStream(self._file, self._variables, stream)

    def _view(self, stream: str, source: SealedStream | StoredStream) -> View | None:
        path = view_path(self.path, stream)
        identity = Identity(self._header.run, self._header.started, stream)
        try:
            return self._held.enter_context(
                View(path, identity, None if self.growing else source.rows)
            )
        except ViewRefused as refused:
            if self.growing or source.rows <= _FEW:
                return None
            _log.info("building the view anew: %s", refused)
        try:
            build_view(path, identity, source)
            return self._held.enter_context(View(path, identity, source.rows))
        except (OSError, ViewRefused) as error:
            # Where it cannot be kept it is computed in memory, for this look alone.
            _log.warning("the view of %s cannot be kept: %s", self.path, error)
            return None

    def _without_view(self, stream: str, refused: ViewRefused) -> Levels:
        """Go on where a page of the view turned out damaged."""
        _log.warning("%s", refused)
        if not self.growing:
            view_path(self.path, stream).unlink(missing_ok=True)
        del self._levels[stream]
        if self.growing:
            self._levels[stream] = Levels(self._source(stream), None)
        return self._opened(stream)

    def close(self) -> None:
        """Let go of the file."""
        self._levels = {}
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _unpacked(found: Window, column: layout.Variable) -> Window:
    packed = packing(column)
    if packed is None:
        return found
    scale, offset = packed
    return replace(found, y=np.asarray(found.y, "f8") * scale + offset)


def window(
    path: Path | str,
    channels: tuple[str, ...],
    *,
    stream: str = MAIN,
    x: str = "time",
    x_from: float | None = None,
    x_to: float | None = None,
    pixels: int = 1000,
) -> dict[str, Window]:
    """Read a window of channels over `x`, thinned so that no single-sample spike is lost.

    Who looks more than once keeps the file open: see `Curves`.

    Parameters
    ----------
    stream
        Name of the stream; the main one where not given.
    x
        "time" [s since the start], or a channel of the stream.
    x_from, x_to
        Ends of the window in the unit of `x`, both included; None leaves an end open.
    pixels
        Width of the drawing; at most four points per pixel are returned.

    Raises
    ------
    RecordRefused
        There is no such stream or channel.
    """
    with Curves(located(path)) as curves:
        return curves.window(channels, stream=stream, x=x, x_from=x_from, x_to=x_to, pixels=pixels)

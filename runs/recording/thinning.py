"""The views of a run while it is recorded."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from runs.header import Header
from runs.looking.building import ViewWriter
from runs.looking.sources import begun_views
from runs.recording.buffers import ROWS
from runs.streams import Blocks

__all__ = ["Thinned", "thinned"]


class Thinned:
    """The view of a stream that grows.

    Parameters
    ----------
    at_once
        Records that are waited for: a few rows cost as much as thousands.
    """

    def __init__(self, view: ViewWriter, at_once: int) -> None:
        self._view = view
        self._at_once = at_once
        self._waiting: list[Mapping[str, NDArray[Any]]] = []
        self._count = 0
        self._settled = True

    def take(self, columns: Mapping[str, NDArray[Any]], count: int) -> None:
        """Take what is about to be written, by variable, while the processor has it at hand.

        Those of rows are kept, and must not change.
        """
        self._waiting.append(columns)
        self._count += count
        self._settled = False
        if self._count >= self._at_once:
            self._fold()

    def settle(self) -> None:
        """Learn that it is written: a view must not know of more than the record."""
        self._settled = True
        self._view.write()

    def close(self) -> None:
        """End the view."""
        if self._settled:
            self._fold()
            self._view.write()
        self._view.close()
        if not self._view.rows_covered:
            # So short a run is drawn from its samples.
            self._view.drop()

    def _fold(self) -> None:
        for columns in self._waiting:
            self._view.fold(columns)
        self._waiting.clear()
        self._count = 0


def thinned(path: Path, header: Header) -> dict[str, Thinned]:
    """Begin the view of every stream that has curves."""
    # What a block holds may be its owner's, who goes on to use it.
    blocks = {stream.name for stream in header.streams if isinstance(stream, Blocks)}
    views = begun_views(path, header)
    return {name: Thinned(view, 1 if name in blocks else ROWS) for name, view in views.items()}

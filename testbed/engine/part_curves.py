"""The curves of a run that lies in several files, looked at as if it were one."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

import runs
from testbed.engine.segments import BEGAN

__all__ = ["PartCurves"]


class PartCurves:
    """Reads windows over all parts of a run: see `runs.Curves`.

    Parameters
    ----------
    files
        The parts, oldest first.

    Raises
    ------
    FileNotFoundError
        One of them is not there.
    NotARun
        One of them cannot be read as a run.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._parts: list[runs.Curves] = []
        try:
            for file in files:
                self._parts.append(runs.Curves(file))
        except BaseException:
            self.close()
            raise
        told = [runs.describe(file).attributes.get(BEGAN, 0.0) for file in files]
        self._began = [float(each) for each in told]

    @property
    def channels(self) -> dict[str, dict[str, str]]:
        """Name the channels with their units, by stream; all parts have the same."""
        return self._parts[0].channels

    def rows(self, stream: str = "") -> int:
        """Count the samples of a channel of a stream."""
        return sum(part.rows(stream) for part in self._parts)

    def inside(
        self, x_from: float | None = None, x_to: float | None = None, *, stream: str = ""
    ) -> int:
        """Count the samples of a channel between two times [s], both included."""
        return sum(part.inside(x_from, x_to, stream=stream) for part in self._parts)

    def window(
        self,
        channels: tuple[str, ...],
        *,
        stream: str = "",
        x: str = "time",
        x_from: float | None = None,
        x_to: float | None = None,
        pixels: int = 1000,
    ) -> dict[str, runs.Window]:
        """Read a window of channels as one curve."""
        shares = self._shares(stream, x, x_from, x_to)
        found = [
            part.window(
                channels,
                stream=stream,
                x=x,
                x_from=x_from,
                x_to=x_to,
                pixels=max(round(pixels * share), 1),
            )
            for part, share in zip(self._parts, shares, strict=True)
            if share > 0.0
        ]
        return {
            name: runs.Window(
                np.concatenate([each[name].x for each in found]),
                np.concatenate([each[name].y for each in found]),
                exact=all(each[name].exact for each in found),
            )
            for name in channels
        }

    def _shares(self, stream: str, x: str, x_from: float | None, x_to: float | None) -> list[float]:
        """Tell which share of a window's width belongs to each part; 0 where nothing of it does."""
        if x != "time":
            rows = [part.rows(stream) for part in self._parts]
            return [each / (sum(rows) or 1) for each in rows]
        edges = [*self._began, max(self._newest(), self._began[-1])]
        low = edges[0] if x_from is None else x_from
        high = edges[-1] if x_to is None else x_to
        widths = [max(min(end, high) - max(begin, low), 0.0) for begin, end in pairwise(edges)]
        if (whole := sum(widths)) > 0.0:
            return [each / whole for each in widths]
        # A window of no width, or beyond all samples: its neighbours are in one part.
        holds = max((at for at, begin in enumerate(self._began) if begin <= low), default=0)
        return [float(at == holds) for at in range(len(self._parts))]

    def _newest(self) -> float:
        """Tell the time [s] of the newest row."""
        name = next(iter(self.channels[""]))
        times = self._parts[-1].window((name,), pixels=1)[name].x
        return float(times[-1]) if len(times) else 0.0

    def close(self) -> None:
        """Let go of the files."""
        for part in self._parts:
            part.close()

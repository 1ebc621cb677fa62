"""Looking at curves: windows, repeats over each other, their differences, many runs together."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

import runs
from runs.many.difference import Difference, differences
from runs.many.distribution import Distribution, distribution
from runs.many.envelope import columns, envelope
from testbed.domain.people import Actor
from testbed.engine.part_curves import PartCurves
from testbed.services.open_runs import OpenRuns

__all__ = [
    "MOST_GATHERED",
    "MOST_OVERLAID",
    "MOST_POINTS",
    "CurveLocator",
    "FoundRun",
    "Gathered",
    "Gathering",
    "Looking",
    "Offer",
    "Seen",
    "View",
]

MOST_OVERLAID = 8
MOST_POINTS = 7000
_WIDEST = 2000  # [pixels]
_COLUMNS = 400
_COARSE = 500  # [pixels]
MOST_GATHERED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Which part of which curve.

    Attributes
    ----------
    stream
        Name of the stream; "" is the main one.
    x
        "time" [s since the start], or a channel.
    low, high
        Ends of the window in the unit of `x`; None leaves an end open.
    pixels
        Width of the drawing.
    """

    y: str
    x: str = "time"
    stream: str = ""
    low: float | None = None
    high: float | None = None
    pixels: int = 1000

    @property
    def width(self) -> int:
        """Pixels, within what a screen has."""
        return min(max(self.pixels, 10), _WIDEST)


@dataclass(frozen=True, slots=True)
class FoundRun:
    """A run whose values the person may see.

    Attributes
    ----------
    place
        Its place among the runs that were asked for.
    ended
        Whether no row will follow.
    """

    place: int
    number: str
    path: Path
    ended: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """A window of one run.

    Attributes
    ----------
    inside, samples
        Samples inside the window, None where that was not counted; and of the whole stream.
    """

    place: int
    window: runs.Window
    inside: int | None
    samples: int


@dataclass(frozen=True, slots=True)
class Offer:
    """A channel that can be drawn over time."""

    stream: str
    channel: str
    unit: str
    samples: int


@dataclass(frozen=True, slots=True)
class Gathering:
    """How many runs have been read so far, of how many."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Gathered:
    """Many runs together; `numbers` names the runs by the index of the distribution."""

    numbers: tuple[str, ...]
    distribution: Distribution | None


class CurveLocator(Protocol):
    """Knows where the files of runs are, and who may see inside."""

    def file(self, actor: Actor, run: str) -> tuple[Path, bool] | None:
        """Find the file of a run whose values the person may see, and whether it has ended."""
        ...

    def files(self, actor: Actor, numbers: Sequence[str]) -> Sequence[tuple[str, Path]]:
        """Find the files of many completed runs whose values the person may see, newest first."""
        ...


class Looking:
    """The use cases of looking at curves."""

    def __init__(self, locator: CurveLocator) -> None:
        self._locator = locator
        self._open = OpenRuns()

    def find(self, actor: Actor, numbers: Sequence[str]) -> tuple[FoundRun, ...]:
        """Find the files of runs; a run that the person may not see is as if it did not exist."""
        found = []
        for place, number in enumerate(dict.fromkeys(numbers[:MOST_OVERLAID])):
            file = self._locator.file(actor, number)
            if file is not None and file[0].is_file():
                found.append(FoundRun(place, number, *file))
        return tuple(found)

    def offers(self, actor: Actor, number: str) -> tuple[Offer, ...]:
        """List the channels of a run's streams."""
        for run in self.find(actor, (number,)):
            try:
                with self._open.lend(run.path, ended=run.ended) as opened:
                    return tuple(
                        Offer(stream, name, unit, opened.curves.rows(stream))
                        for stream, channels in opened.curves.channels.items()
                        for name, unit in channels.items()
                    )
            except (FileNotFoundError, runs.NotARun):
                return ()
        return ()

    def tag(self, found: Sequence[FoundRun], *about: object) -> str | None:
        """Name an answer that can never change; None where a run still grows."""
        if not found or not all(run.ended for run in found):
            return None
        states = [(run.place, run.number, run.path.stat()) for run in found]
        told = [(place, n, s.st_ino, s.st_size, s.st_mtime_ns) for place, n, s in states]
        return hashlib.sha256(repr((told, about)).encode()).hexdigest()[:32]

    def windows(self, found: Sequence[FoundRun], view: View) -> tuple[Seen, ...]:
        """Read a window of each run; one without this channel is left out."""
        return tuple(seen for run in found for seen in self._window(run, view))

    def _window(self, run: FoundRun, view: View) -> Iterator[Seen]:
        try:
            with self._open.lend(run.path, ended=run.ended) as opened:
                curves = opened.curves
                there = curves.channels.get(view.stream, {})
                if view.y not in there or (view.x != "time" and view.x not in there):
                    return
                window = _read(curves, view, view.width)
                if len(window.x) > MOST_POINTS:
                    window = _read(curves, view, view.width * MOST_POINTS // len(window.x))
                samples = curves.rows(view.stream)
                inside = _inside(curves, window, view)
        except (FileNotFoundError, runs.NotARun):
            return
        yield Seen(run.place, window, inside, samples)

    def differences(
        self, found: Sequence[FoundRun], view: View, to: Literal["first", "mean"]
    ) -> Mapping[int, Difference]:
        """Subtract the first run, or the mean of all, from each; by the place of the run."""
        seen = self.windows(found, view)
        ends = _span([each.window for each in seen], view)
        if len(seen) < 2 or ends is None:
            return {}
        edges = columns(*ends, min(view.width, 1000))
        made = differences([each.window for each in seen], edges, to=to)
        return {each.place: one for each, one in zip(seen, made, strict=True)}

    def gather(
        self, actor: Actor, numbers: Sequence[str], view: View
    ) -> Iterator[Gathering | Gathered]:
        """Read many runs coarsely and tell what they look like together."""
        files = self._locator.files(actor, numbers[:MOST_GATHERED])
        coarse = replace(view, pixels=_COARSE)
        names: list[str] = []
        windows: list[runs.Window] = []
        for done, (number, path) in enumerate(files):
            # Not kept open: that would push the runs out that people look at.
            for seen in self._window(FoundRun(done, number, path, ended=False), coarse):
                names.append(number)
                windows.append(seen.window)
            if done % 20 == 0:
                yield Gathering(done, len(files))
        yield Gathering(len(files), len(files))
        ends = _span(windows, view)
        if ends is None:
            yield Gathered(tuple(names), None)
            return
        edges = columns(*ends, _COLUMNS)
        drawn = [envelope(window.x, window.y, edges) for window in windows]
        yield Gathered(tuple(names), distribution(edges, drawn))

    def close(self) -> None:
        """Close every file."""
        self._open.close()


def _read(curves: runs.Curves | PartCurves, view: View, pixels: int) -> runs.Window:
    found = curves.window(
        (view.y,), stream=view.stream, x=view.x, x_from=view.low, x_to=view.high, pixels=pixels
    )[view.y]
    # Samples are kept as they were measured, also as whole numbers; a screen wants one kind.
    x, y = (np.asarray(each, np.float64) for each in (found.x, found.y))
    return runs.Window(x, y, found.exact)


def _inside(curves: runs.Curves | PartCurves, window: runs.Window, view: View) -> int | None:
    """Count the samples inside a window: over time always, over a channel where all are there."""
    if view.x == "time":
        return curves.inside(view.low, view.high, stream=view.stream)
    if view.low is None and view.high is None:
        return curves.rows(view.stream)
    if not window.exact:
        return None
    low = -np.inf if view.low is None else view.low
    high = np.inf if view.high is None else view.high
    return int(((window.x >= low) & (window.x <= high)).sum())


def _span(windows: Sequence[runs.Window], view: View) -> tuple[float, float] | None:
    """Find the span of x that is looked at; None where there is none."""
    finite = [window.x[np.isfinite(window.x)] for window in windows]
    finite = [x for x in finite if len(x)]
    if not finite:
        return None
    low = min(float(x.min()) for x in finite) if view.low is None else view.low
    high = max(float(x.max()) for x in finite) if view.high is None else view.high
    return (low, high) if low < high else None

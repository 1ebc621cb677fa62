"""The process that looks at a run: prints how long its looks took, how large they were, and it."""

import gc
import json
import math
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil

from runs.benchmarks.figures import percentile
from runs.looking.curves import Curves
from runs.looking.window import Window

_PIXELS = 2000
_PAINTS, _ZOOMS = 100, 500
_NARROWEST = 100  # samples
# What a window has at most on its way to a browser: one of more is read again, coarser.
_MOST = 7000  # points


def _packed(window: Window) -> int:
    """Pack two float32 a point, as it goes to the browser; gives the bytes."""
    origin = window.x[0] if window.points else 0.0
    across = (window.x - origin).astype(np.float32).tobytes()
    return len(across) + len(window.y.astype(np.float32).tobytes())


def _seen(curves: Curves, stream: str, channel: str, *ends: float) -> Window:
    low, high = ends or (None, None)
    pixels = _PIXELS
    for _ in range(2):
        found = curves.window((channel,), stream=stream, x_from=low, x_to=high, pixels=pixels)
        window = found[channel]
        if window.points <= _MOST:
            break
        pixels = pixels * _MOST // window.points
    return window


def _visit(path: Path, stream: str, channel: str) -> dict[str, float]:
    sizes = []

    def paint() -> None:
        with Curves(path) as curves:
            sizes.append(_packed(_seen(curves, stream, channel)))

    paints = _timed(paint, _PAINTS)
    chance = random.Random(5)
    with Curves(path) as curves:
        whole = _seen(curves, stream, channel).x
        first, last = float(whole[0]), float(whole[-1])
        narrowest = (last - first) * _NARROWEST / curves.rows(stream)

        def zoom() -> None:
            width = math.exp(chance.uniform(math.log(narrowest), math.log(last - first)))
            start = chance.uniform(first, last - width)
            sizes.append(_packed(_seen(curves, stream, channel, start, start + width)))

        zooms = _timed(zoom, _ZOOMS)
    return {
        "paint": percentile(paints, 0.95),
        "paint_median": statistics.median(paints),
        "zoom": percentile(zooms, 0.95),
        "zoom_median": statistics.median(zooms),
        "bytes": max(sizes) / 1000,
        "memory": psutil.Process().memory_info().rss / 2**20,
    }


def _timed(action: Callable[[], None], count: int) -> list[float]:
    """Give the milliseconds of each, the first one (that loads code) not counted."""
    action()
    gc.collect()
    gc.freeze()
    taken = []
    for _ in range(count):
        begun = time.perf_counter()
        action()
        taken.append(1000 * (time.perf_counter() - begun))
    return taken


if __name__ == "__main__":
    print(json.dumps(_visit(Path(sys.argv[1]), sys.argv[2], sys.argv[3])))

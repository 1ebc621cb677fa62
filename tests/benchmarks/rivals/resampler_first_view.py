"""plotly-resampler: from a file to the first picture of all its samples.

It needs every sample in memory, so that reading them belongs to its first view.
"""

import json
import resource
import sys
import time

import h5py
import numpy as np
import plotly.graph_objects as go
from plotly_resampler import FigureResampler

PIXELS = 2000


def first_view(path: str, variable: str) -> tuple[float, int]:
    """Draw once; gives the seconds it took and the bytes of the figure."""
    begun = time.perf_counter()
    with h5py.File(path, "r", locking=False) as file:
        values = file[variable][:].reshape(-1)
    figure = FigureResampler(go.Figure(), default_n_shown_samples=2 * PIXELS)
    figure.add_trace(go.Scattergl(), hf_x=np.arange(len(values)), hf_y=values)
    text = figure.to_json()
    return time.perf_counter() - begun, len(text)


if __name__ == "__main__":
    taken = [first_view(sys.argv[1], sys.argv[2]) for _ in range(int(sys.argv[3]))]
    print(
        json.dumps(
            {
                "seconds": sorted(seconds for seconds, _ in taken)[len(taken) // 2],
                "bytes": taken[0][1],
                "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            }
        )
    )

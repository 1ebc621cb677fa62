"""How long a simulation takes beside merely drawing its inputs."""

import statistics
import time

import numpy as np

from testbed.evaluation.uncertainty.drawing import BLOCK
from testbed.evaluation.uncertainty.functions import Number, sqrt
from testbed.evaluation.uncertainty.montecarlo import SEED, simulate
from testbed.evaluation.uncertainty.sources import (
    arcsine,
    certificate,
    observations,
    rectangular,
    resolution,
    standard,
    trapezoidal,
    triangular,
)

__all__ = ["draw_ratio"]

# A four-wire resistance with what a laboratory knows of it: twelve inputs of every distribution.
_INPUTS = (
    observations("v", [1.00012, 1.00009, 1.00015, 1.00011, 1.00010, 1.00013], unit="V"),
    rectangular("v_accuracy", 0.0, 4.5e-5, unit="V"),
    resolution("v_resolution", 1e-6, unit="V"),
    certificate("v_calibration", 0.0, 2e-5, unit="V"),
    arcsine("v_thermal", 0.0, 1e-6, unit="V"),
    standard("i", 0.1, 5e-6, unit="A"),
    rectangular("i_accuracy", 0.0, 2e-5, unit="A"),
    certificate("i_calibration", 0.0, 4e-6, unit="A"),
    triangular("leads", 0.0, 1e-5, unit="ohm"),
    trapezoidal("temperature", 23.0, 0.5, 0.5, unit="degC"),
    standard("alpha", 3.9e-3, 2e-5, unit="1/K"),
    rectangular("gradient", 0.0, 0.1, unit="K"),
)
_NORMAL, _UNIFORM, _STUDENT = 4, 9, 1


def _resistance(
    v: Number,
    v_accuracy: Number,
    v_resolution: Number,
    v_calibration: Number,
    v_thermal: Number,
    i: Number,
    i_accuracy: Number,
    i_calibration: Number,
    leads: Number,
    temperature: Number,
    alpha: Number,
    gradient: Number,
) -> Number:
    voltage = v + v_accuracy + v_resolution + v_calibration
    current = i + i_accuracy + i_calibration
    squared = (voltage * voltage - v_thermal * v_thermal) / (current * current)
    return (sqrt(squared) - leads) / (1.0 + alpha * (temperature + gradient - 20.0))


def draw_ratio(draws: int = 1_000_000, rounds: int = 7) -> tuple[float, float]:
    """Time a simulation of twelve inputs, and numpy drawing as many numbers of those kinds.

    The numbers are drawn as fast as numpy can: block by block into memory that is in the cache,
    neither scaled nor kept.

    Returns
    -------
    whole, drawing
        Medians of rounds taken in turn [s].
    """
    whole, drawing = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        simulate(_resistance, _INPUTS, draws=draws)
        between = time.perf_counter()
        _draw(draws)
        whole.append(between - began)
        drawing.append(time.perf_counter() - between)
    return statistics.median(whole), statistics.median(drawing)


def _draw(draws: int) -> None:
    random = np.random.Generator(np.random.PCG64(SEED))
    block = np.empty(BLOCK)
    for start in range(0, draws, BLOCK):
        out = block[: min(BLOCK, draws - start)]
        for _ in range(_NORMAL):
            random.standard_normal(out=out)
        for _ in range(_UNIFORM):
            random.random(out=out)
        for _ in range(_STUDENT):
            random.standard_t(5.0, len(out))

"""How long a simulation takes beside merely drawing its inputs."""

import math
import statistics
import time

import numpy as np

from testbed.evaluation.integration import Floats
from testbed.evaluation.uncertainty.drawing import BLOCK
from testbed.evaluation.uncertainty.functions import Number, sqrt
from testbed.evaluation.uncertainty.montecarlo import SEED, simulate
from testbed.evaluation.uncertainty.quantities import Distribution, Input
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

# Uniform numbers that each bounded shape is drawn from (JCGM 101:2008, 6.4).
_UNIFORM = {
    Distribution.RECTANGULAR: 1,
    Distribution.ARCSINE: 1,
    Distribution.TRIANGULAR: 2,
    Distribution.TRAPEZOIDAL: 2,
}


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
    """Time a simulation of twelve inputs, and numpy merely drawing from those distributions.

    They are drawn as fast as numpy can: block by block into memory that is in the cache, of
    estimate 0 and scale 1, so neither scaled nor kept.

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
        for each in _INPUTS:
            _draw_one(random, each, out)


def _draw_one(random: np.random.Generator, each: Input, out: Floats) -> None:
    if each.distribution is Distribution.NORMAL:
        if math.isinf(each.degrees_of_freedom):
            random.standard_normal(out=out)
        else:
            random.standard_t(each.degrees_of_freedom, len(out))
        return
    for _ in range(_UNIFORM[each.distribution]):
        random.random(out=out)
    if each.distribution is Distribution.ARCSINE:
        np.sin(out, out=out)

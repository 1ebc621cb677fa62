"""How long evaluations take, beside what is unavoidable: drawing, reading, and a plain Welch."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from runs.benchmarks.figures import Figure
from testbed.methods.iec_61960_3 import BatteryCapacity
from testbed.methods.iso_6892_1 import TensileTest
from testbed.procedure import Procedure, complete_parameters, method_data

if TYPE_CHECKING:
    import xarray

__all__ = ["evaluation_figures"]

_ROWS = 10_000_000
_ROUNDS = 3


def evaluation_figures() -> list[Figure]:
    """Measure a simulation, a spectrum, and two evaluations of ten million rows."""
    from testbed.evaluation.spectrum import welch_ratio  # loads SciPy
    from testbed.evaluation.uncertainty import draw_ratio

    simulated, drawn = draw_ratio()
    spectrum, welch = welch_ratio()
    return [
        _figure("Monte Carlo, 1e6 draws of 12 inputs", simulated, drawn, "merely drawing", 1.5),
        _figure("spectrum of 1e7 samples", spectrum, welch, "scipy.signal.welch", 1.5),
        _evaluated(TensileTest, {"s0": 40.0, "l0": 50.0}, _pulled()),
        _evaluated(BatteryCapacity, {"rated_capacity": 2.5}, _discharged()),
    ]


def _figure(measured: str, ours: float, theirs: float, against: str, most: float) -> Figure:
    return Figure(
        measured=measured,
        result=f"{ours:.3f} s",
        value=ours / theirs,
        against=f"{against} ({theirs:.3f} s)",
        at_most=most,
    )


def _evaluated(
    method: type[Procedure], parameters: Mapping[str, Any], dataset: "xarray.Dataset"
) -> Figure:
    data = method_data("testbed.methods", method.id, method.version)
    complete = complete_parameters(method, parameters)
    columns = [dataset[name].to_numpy() for name in dataset.variables]

    def evaluate() -> object:
        return method.evaluate(dataset, complete, data)

    def read() -> object:
        return [float(column.sum()) for column in columns]

    evaluate()
    taken = [(_seconds(evaluate), _seconds(read)) for _ in range(_ROUNDS)]
    ours, once = (statistics.median(pair[place] for pair in taken) for place in (0, 1))
    measured = f"evaluate {method.id}, {len(dataset['time']):.0e} rows"
    return _figure(measured, ours, once, "one pass over its columns", 5.0)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _pulled() -> "xarray.Dataset":
    """Make a Ramberg-Osgood curve that necks and breaks, with noise on the force."""
    import xarray

    random = np.random.default_rng(1)
    stress = np.linspace(0.0, 520.0, _ROWS)
    strain = stress / 200e3 + 0.002 * (stress / 400.0) ** 12
    stress[-_ROWS // 100 :] = np.linspace(520.0, 400.0, _ROWS // 100)
    force = 40.0 * stress + random.normal(0.0, 8.0, _ROWS)
    force[-5:] = 0.0
    columns = {"force": force, "extension": 50.0 * strain, "travel": 75.0 * strain}
    return xarray.Dataset(
        {name: ("time", column) for name, column in columns.items()},
        {"time": 1e-3 * np.arange(_ROWS)},
    )


def _discharged() -> "xarray.Dataset":
    """Make a discharge of five hours from 4.2 V, with noise on both readings."""
    import xarray

    random = np.random.default_rng(2)
    done = np.linspace(0.0, 1.0, _ROWS)
    voltage = 4.2 - 1.0 * done - 0.46 * done**20 + random.normal(0.0, 1e-4, _ROWS)
    current = np.full(_ROWS, 0.5) + random.normal(0.0, 1e-4, _ROWS)
    return xarray.Dataset(
        {"voltage": ("time", voltage), "current": ("time", current)},
        {"time": 18_000.0 * done},
    )

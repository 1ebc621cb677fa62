"""Electrical methods held against measured data whose results somebody else has published."""

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from testbed.evaluation.circuit_fit import fit_circuit
from testbed.evaluation.efficiency import weighted_efficiency
from testbed.evaluation.inverter_model import SandiaModel, fit_sandia
from testbed.evaluation.resistance import drift_removed, fit_temperature
from testbed.methods.power_efficiency import PowerEfficiency
from testbed.procedure import method_data
from testbed.validation.cases import Case, by_rounding, by_tolerance

__all__ = ["impedance", "inverter", "temperature_coefficient"]

Floats = NDArray[np.float64]

# Published with pvlib-python, after King et al. 2007; the second set was made of round values.
_MODELS = {
    "inverter_fit_snl_meas.csv": {
        "paco": "333000", "pdco": "343251", "vdco": "740", "pso": "1427.746",
        "c0": "-5.768e-8", "c1": "3.596e-5", "c2": "1.038e-3", "c3": "2.978e-5",
    },
    "inverter_fit_snl_sim.csv": {
        "paco": "1000", "pdco": "1050", "vdco": "240", "pso": "10",
        "c0": "1e-6", "c1": "1e-4", "c2": "1e-2", "c3": "1e-3",
    },
}  # fmt: skip
_RELATIVE = 1e-3
_WEIGHTED = {"Vmin": "0.976510", "Vnom": "0.973634", "Vmax": "0.964734"}


def inverter(reference: Path) -> Iterator[Case]:
    """Hold model and weighted efficiencies of an inverter against those published."""
    for name, published in _MODELS.items():
        path = reference / "inverter" / name
        if not path.is_file():
            continue
        share, levels, voltage, output, efficiency = _inverter_table(path)
        found = fit_sandia(
            voltage, output / efficiency, output, levels,
            rated_power=float(published["paco"]), nominal="Vnom",
        )  # fmt: skip
        for parameter in SandiaModel.__dataclass_fields__:
            source = f"Sandia model, {path.stem}, {parameter}"
            value = getattr(found, parameter)
            yield by_tolerance(source, published[parameter], value, _RELATIVE)
        if name == "inverter_fit_snl_meas.csv":
            yield from _weighted(share, levels, efficiency)


def _weighted(share: Floats, levels: list[str], efficiency: Floats) -> Iterator[Case]:
    rule = method_data("testbed.methods", PowerEfficiency.id, "1")["weights"]["cec"]
    weights = dict(zip(rule["load"], rule["weight"], strict=True))
    for level, published in _WEIGHTED.items():
        here = np.array([each == level for each in levels])
        means = {
            round(float(each) * 100.0, 6): float(np.mean(efficiency[here & (share == each)]))
            for each in np.unique(share)
        }
        value = weighted_efficiency(means, weights)
        obtained = math.nan if value is None else value
        yield by_rounding(f"333 kW inverter, CEC efficiency at {level}", published, obtained)


def _inverter_table(path: Path) -> tuple[Floats, list[str], Floats, Floats, Floats]:
    with path.open(encoding="utf-8", newline="") as source:
        head, *rows = csv.reader(source)
    columns = {name: [row[head.index(name)] for row in rows] for name in head}
    share, voltage, output, efficiency = (
        np.array(columns[name], dtype=np.float64)
        for name in ("fraction_of_rated_power", "dc_voltage", "ac_power", "efficiency")
    )
    return share, columns["dc_voltage_level"], voltage, output, efficiency


_CIRCUIT = "R0-p(R1,C1)-p(R2,C2)-Wo1"
_KNOWN = {"R0": 0.02, "Wo1.tau": 200.0}
# Of impedance.py's example: value and standard deviation, as printed there.
_FITTED = {
    "R1": ("6.79e-3", "1.08e-3"),
    "C1": ("5.62", "1.96"),
    "R2": ("3.91e-3", "1.09e-3"),
    "C2": ("1.36", "0.261"),
    "Wo1.Z0": ("5.88e-2", "1.25e-3"),
}


def impedance(reference: Path) -> Iterator[Case]:
    """Hold the circuit of a lithium-ion cell against the parameters of impedance.py's example."""
    path = reference / "eis" / "exampleData.csv"
    if not path.is_file():
        return
    frequency, real, imaginary = np.loadtxt(path, delimiter=",").T
    kept = imaginary < 0.0
    found = fit_circuit(
        _CIRCUIT, frequency[kept], (real + 1j * imaginary)[kept], fixed=_KNOWN, weighting="unit"
    )
    for name, (value, deviation) in _FITTED.items():
        yield by_rounding(f"impedance.py exampleData, {name}", value, found.values[name])
        source = f"impedance.py exampleData, s({name})"
        yield by_rounding(source, deviation, found.deviations[name])


_LOG = "hp3458abx_hp34420a_tcsweep_1vdc_nplc100_test2_oct2024.dsv"
_CHANNELS = {
    "CH1": (13, {"value": "1.000026", "alpha": "0.485", "beta": "0.006", "zero": "-16.9"}),
    "CH2": (14, {"alpha": "0.500", "beta": "0.004", "zero": "-40.3"}),
}
_SENSOR, _SENSOR_CORRECTION = 8, 1.0  # its author's [degC]
_FIRST = 100


def temperature_coefficient(reference: Path) -> Iterator[Case]:
    """Hold the temperature coefficients of a nanovoltmeter against the panel of its author.

    The author takes the drift of 38 h out, from the medians of the first and the last 32 samples.
    """
    path = reference / "thermal" / _LOG
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source, delimiter=";"))[1 + _FIRST :]
    temperature = np.array([float(row[_SENSOR]) for row in rows]) + _SENSOR_CORRECTION
    for channel, (column, published) in _CHANNELS.items():
        volts = np.array([float(row[column]) for row in rows])
        law = fit_temperature(temperature, drift_removed(volts), reference=23.0)
        zero = math.nan if law.zero_coefficient is None else law.zero_coefficient
        obtained = {
            "value": (law.value, "V at 23 degC"),
            "alpha": (law.alpha * 1e6, "alpha [uV/V/K]"),
            "beta": (law.beta * 1e6, "beta [uV/V/K2]"),
            "zero": (zero, "zero-TC temperature [degC]"),
        }
        for name, printed in published.items():
            value, what = obtained[name]
            yield by_rounding(f"34420A {channel}, {what}", printed, value)

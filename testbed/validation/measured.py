"""Methods held against measured data whose results somebody else has published.

Each record is evaluated as a run of the method would be: from its channels, in their units.
"""

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from testbed.methods.iec_61960_3 import BatteryCapacity
from testbed.methods.iso_6892_1 import TensileTest
from testbed.procedure import Evaluation, Procedure, complete_parameters, method_data
from testbed.validation.cases import Case, by_rounding, by_tolerance

if TYPE_CHECKING:
    import xarray

__all__ = ["battery", "columns_of", "evaluated", "tensile"]

Floats = NDArray[np.float64]

_SPECIMENS = "tensile"
# Resolution of the load frame [N], [mm], at which the records are delivered to the method.
_FORCE, _LENGTH = 0.5, 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pulled:
    """A record of a tensile test: where it lies, how it is read, what was published of it.

    Attributes
    ----------
    columns
        Of time, travel, force and strain or extension.
    force, strain
        Factors to N, and to mm of extension.
    expected
        Measurand to published value and relative tolerance; None asks for agreement as printed.
    """

    file: str
    columns: tuple[int, int, int, int]
    force: float
    strain: float
    parameters: Mapping[str, float]
    expected: Mapping[str, tuple[str, float | None]]
    findings: tuple[str, ...] = field(default=())


def columns_of(path: Path, columns: tuple[int, ...], delimiter: str = ",") -> list[Floats]:
    """Read counted columns of all rows in which each is a number."""
    rows = []
    with path.open(encoding="utf-8", errors="replace", newline="") as source:
        for row in csv.reader(source, delimiter=delimiter):
            try:
                rows.append([float(row[column]) for column in columns])
            except (ValueError, IndexError):
                continue
    return list(np.array(rows, dtype=np.float64).T)


def evaluated(
    method: type[Procedure], dataset: "xarray.Dataset", parameters: Mapping[str, Any]
) -> Evaluation:
    """Evaluate a record as a run of the method with these parameters."""
    data = method_data(method.__module__.rpartition(".")[0], method.id, method.version)
    return method.evaluate(dataset, complete_parameters(method, parameters), data)


def _round(values: Floats, step: float) -> Floats:
    return np.round(values / step) * step


_PULLED = (
    _Pulled(
        file="bezborodow/St1594.csv",
        columns=(0, 1, 2, 3),
        force=1.0,
        strain=50.0,
        parameters={"s0": 33.93, "l0": 50.0},
        expected={"rm": ("497.0183", 4e-5), "rp02": ("326.35", 2e-3)},
        findings=("modulus-not-accepted",),
    ),
    _Pulled(
        file="bezborodow/Al5005.csv",
        columns=(0, 1, 2, 3),
        force=1.0,
        strain=50.0,
        parameters={"s0": 35.7, "l0": 50.0},
        expected={"rm": ("200.09", 1e-4)},
    ),
    _Pulled(
        file="gibbons_uiuc/Steel_1045_Normalized_1_Formatted.csv",
        columns=(0, 1, 2, 3),
        force=1e3,
        strain=25.4,
        parameters={"s0": math.pi / 4 * 7.13**2, "l0": 25.4, "lu": 32.3},
        expected={
            "rm": ("737.11", 1e-4),
            "reh": ("523.70", 1e-4),
            "rel": ("494.90", 1e-4),
            "rp02": ("497.55", 2e-4),
            "agt": ("12.945", 4e-4),
            "a": ("27.17", None),
        },
        findings=("transient-ignored",),
    ),
    _Pulled(
        file="lucasguesserts/tensile_steel_1045.csv",
        columns=(0, 1, 2, 1),
        force=1.0,
        strain=1e3,
        parameters={"s0": math.pi / 4 * 100.0, "l0": 75.0},
        expected={"rm": ("951.30", 2e-5), "fm": ("74715.3", 7e-6), "rp02": ("763.83", 1e-3)},
    ),
    _Pulled(
        file="lucasguesserts/tensile_steel_1045_deformation_using_machine.csv",
        columns=(0, 1, 2, 1),
        force=1.0,
        strain=1e3,
        parameters={"s0": math.pi / 4 * 100.0, "l0": 75.0},
        expected={},
        findings=("modulus-from-crosshead",),
    ),
)


def tensile(reference: Path) -> Iterator[Case]:
    """Hold the tensile method against records of four machines."""
    for pulled in _PULLED:
        path = reference / _SPECIMENS / pulled.file
        if path.is_file():
            yield from _tensile(path, pulled)


def _tensile(path: Path, pulled: _Pulled) -> Iterator[Case]:
    import xarray  # a second of loading, for those who list methods only

    time, travel, force, strain = columns_of(path, pulled.columns)
    dataset = xarray.Dataset(
        {
            "force": ("time", _round(force * pulled.force, _FORCE)),
            "extension": ("time", _round(strain * pulled.strain, _LENGTH)),
            "travel": ("time", _round(travel, _LENGTH)),
        },
        {"time": time},
    )
    found = evaluated(TensileTest, dataset, pulled.parameters)
    measurements = TensileTest.declared_measurements()
    for name, (published, relative) in pulled.expected.items():
        source = f"{path.stem}, {measurements[name].symbol} [{measurements[name].unit}]"
        value = found.values[name].value
        obtained = math.nan if value is None else value
        if relative is None:
            yield by_rounding(source, published, obtained)
        else:
            yield by_tolerance(source, published, obtained, relative)
    codes = {finding.code for finding in found.findings}
    for code in pulled.findings:
        yield _flagged(f"{path.stem}, finding", code, holds=code in codes)


def _flagged(source: str, code: str, *, holds: bool) -> Case:
    return Case(
        source=source,
        published=code,
        obtained=code if holds else "not found",
        asked="is named",
        holds=holds,
    )


_DISCHARGED = {
    "B0029_cycle001_discharge.csv": (4.0, "1.697507332205763"),
    "B0029_cycle003_discharge.csv": (4.0, "1.844701206961174"),
    "B0029_cycle005_discharge.csv": (4.0, "1.8254376674722927"),
    "B0045_cycle000_discharge.csv": (1.0, "1.0819793880779518"),
}
"""File to its current [A] and the capacity that its authors recorded [A h]."""

_END_VOLTAGE = 2.7


def battery(reference: Path) -> Iterator[Case]:
    """Hold the capacity against those that the NASA Ames battery set records."""
    import xarray

    for name, (asked, published) in _DISCHARGED.items():
        path = reference / "battery" / name
        if not path.is_file():
            continue
        time, voltage, measured = columns_of(path, (0, 1, 2))
        dataset = xarray.Dataset(
            {"voltage": ("time", voltage), "current": ("time", -measured)}, {"time": time}
        )
        parameters = {"rated_capacity": asked / 0.2, "end_voltage": _END_VOLTAGE}
        value = evaluated(BatteryCapacity, dataset, parameters).values["capacity"].value
        # What the ammeter shows before the load is on is in the published figure, and not in ours.
        before = int(np.argmax(-measured > asked / 2)) - 1
        rows = slice(0, before + 1)
        idle = float(np.trapezoid(-measured[rows], time[rows])) / 3600.0
        obtained = math.nan if value is None else value + idle
        yield by_tolerance(f"NASA Ames {path.stem}, C [A h]", published, obtained, 3e-7)

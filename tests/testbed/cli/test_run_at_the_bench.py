"""``testbed run`` as a person types it: measured curves, simulated hours, and clear refusals.

Expected values: reference/SOURCES.md, "Tensile".
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import xarray

from tests.norms.reference import reference


def typed(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "testbed", *arguments, "--home", str(home), "--lang", "en"]
    environment = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=100, env=environment, check=False
    )


def value(output: str, symbol: str) -> float:
    line = next(line for line in output.splitlines() if line.startswith(f"{symbol} "))
    number = re.search(r"\d+\.\d{3,}", line)
    assert number, line
    return float(number[0])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def test_a_measured_curve_is_played_through_the_serial_line_and_evaluated(home: Path):
    done = typed(
        home, "run", "iso-6892-1", "--bench", "utm-1", "--yes", "--param", "s0=33.93mm2",
        "--specimen-curve", str(reference("tensile", "bezborodow", "St1594.csv")),
        "--columns", "time=Time, force=Load, strain=Tensile strain (Strain 1), travel=Extension",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert value(done.stdout, "Rm") == pytest.approx(497.02, abs=0.1)
    assert value(done.stdout, "Rp0.2") == pytest.approx(326.35, rel=0.01)
    file = Path(done.stdout.strip().splitlines()[-1].removeprefix("Run file: "))
    with xarray.open_dataset(file) as found:
        assert found.sizes["time"] == 1285
        assert found.force.attrs["units"] == "N"


def test_a_yield_point_and_an_elongation_are_found(home: Path):
    name = "Steel_1045_Normalized_1_Formatted.csv"
    file = reference("tensile", "gibbons_uiuc", name)
    done = typed(
        home, "run", "iso-6892-1", "--bench", "utm-1", "--yes", "--specimen-curve", str(file),
        "--param", "s0=39.927mm2", "--param", "l0=25.4mm", "--param", "lu=32.3mm",
        "--columns", "time=Time (s), force=Load (kN), strain=Strain (mm/mm)",
    )  # fmt: skip
    assert value(done.stdout, "Rm") == pytest.approx(737.1, abs=0.2)
    assert value(done.stdout, "ReH") == pytest.approx(523.7, abs=0.3)
    assert value(done.stdout, "ReL") == pytest.approx(494.9, abs=0.3)
    assert value(done.stdout, "A") == pytest.approx(27.17, abs=0.02)


def test_a_cell_gives_what_was_in_it(home: Path):
    begun = time.monotonic()
    done = typed(
        home, "run", "iec-61960-3", "--bench", "battery-1", "--yes",
        "--param", "rated_capacity=2.5Ah",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begun < 60
    truth = re.search(r"cell\.discharged_Ah = ([\d.]+)", done.stdout)
    assert truth
    assert value(done.stdout, "C") == pytest.approx(float(truth[1]), rel=0.001)


def test_sixteen_hours_of_dry_heat_pass_in_seconds(home: Path):
    begun = time.monotonic()
    done = typed(home, "run", "iec-60068-2-2", "--bench", "climate-1", "--yes")
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begun < 60
    assert "Pass" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("iso", "--bench", "utm-1"), "iso-6892-1"),
        (("iso-6892-1", "--bench", "utm-7"), "battery-1, climate-1, climate-2, shock-1, utm-1"),
        (("iso-6892-1", "--bench", "utm-1"), "s0"),
        (("iso-6892-1", "--bench", "utm-1", "--param", "s0=3kg"), "kg"),
        (("iso-6892-1", "--bench", "utm-1", "--param", "s0=-1mm2"), "0.01"),
        (("iso-6892-1", "--bench", "utm-1", "--param", "area=1mm2"), "area"),
    ],
)
def test_a_mistake_is_named_with_what_would_be_accepted(home: Path, arguments, named: str):
    done = typed(home, "run", *arguments, "--yes")
    assert done.returncode != 0
    assert named in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_column_that_is_not_there_is_named(home: Path, tmp_path: Path):
    (tmp_path / "curve.csv").write_text("Time (s),Load (kN)\n0,0\n1,1\n2,2\n3,3\n")
    done = typed(
        home, "run", "iso-6892-1", "--bench", "utm-1", "--yes", "--param", "s0=10mm2",
        "--specimen-curve", str(tmp_path / "curve.csv"), "--columns", "force=Load, extension=Ext",
    )  # fmt: skip
    assert done.returncode != 0
    assert "'Ext'" in done.stderr
    assert "'Time (s)'" in done.stderr

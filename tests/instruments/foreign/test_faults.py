"""The faults of the fault table, at each line of a reading that takes several."""

from pathlib import Path

import pytest

from tests.faults.matrix import row
from tests.instruments.foreign.benches import SIMULATED

pytest.importorskip("pymeasure", reason="these run in .venv-clients: make clients")
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")

# The line that brings the value: each fault has to be named there as for a driver of ours.
READINGS = {
    "pymeasure:keithley.Keithley2000": ":READ?",
    "pymeasure:agilent.Agilent34410A": "MEAS",
    "pymeasure:keysight.KeysightE36312A": "VOLT?",
    "qcodes:Keysight.Keysight34465A": "READ?",
    "qcodes:Keithley.Keithley2450": "ILIM?",
    "qcodes:rigol.RigolDP832": "AMPLitude?",
}
# Others: no wrong reading may come of them, whatever they are called.
AROUND = (
    ("pymeasure:keithley.Keithley2000", ":CONF?"),
    ("pymeasure:keithley.Keithley2000", "SYST:ERR?"),
    ("qcodes:Keysight.Keysight34465A", "FUNCtion?"),
    ("qcodes:Keysight.Keysight34465A", "AUTO?"),
    ("qcodes:Keysight.Keysight34465A", "SYST:ERR?"),
)


@pytest.mark.parametrize("driver", SIMULATED)
def test_every_fault_is_named_and_no_reading_is_wrong(tmp_path: Path, driver: str):
    cells = list(row(driver, tmp_path, SIMULATED[driver], READINGS[driver]))
    assert len(cells) >= 12
    assert [cell for cell in cells if not cell.holds] == []


@pytest.mark.parametrize(("driver", "command"), AROUND)
def test_no_fault_beside_the_reading_makes_it_wrong(tmp_path: Path, driver: str, command: str):
    cells = list(row(driver, tmp_path, SIMULATED[driver], command))
    assert any(cell.came not in ("right", "drifted") for cell in cells)
    assert [cell for cell in cells if "WRONG" in (cell.came, cell.after)] == []

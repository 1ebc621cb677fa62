"""A driver over HiSLIP, by pyvisa-py, says and hears the same as over a raw socket."""

from pathlib import Path

import pytest

from instruments import registry
from instruments.errors import LinkLost, NoAnswer
from testbed.adapters import simulation
from testbed.adapters.benches import read_bench

BENCH = """
name = "hislip"
[roles.meter]
driver = "keysight_34465a"
serial = "S1"
over = "hislip"
[simulator]
clock = "virtual"
circuit = {kind = "cell", soc = 0.5}
"""


def test_readings_and_faults_over_hislip(tmp_path: Path):
    path = tmp_path / "hislip.toml"
    path.write_text(BENCH)
    simulator = simulation.start(path, tmp_path / "state")
    control = simulator.control()
    try:
        address = read_bench(path).bench("@py", simulator.announcement).roles["meter"].address
        assert "hislip0" in address
        meter = registry.connect("keysight_34465a", address, serial="S1", timeout=0.6)
        right = meter.dc_voltage().value
        assert right == pytest.approx(3.72, abs=0.01)
        for fault, family in (("no_answer", NoAnswer), ("disconnect", LinkLost)):
            control.ask("fault", role="meter", fault=fault, seconds=0.0)
            with pytest.raises(family):
                meter.dc_voltage()
            assert meter.dc_voltage().value == pytest.approx(right, abs=1e-3)
        meter.close()
    finally:
        control.close()
        simulator.stop()

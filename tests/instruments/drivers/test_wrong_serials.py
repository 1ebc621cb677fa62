"""Another instrument of the right model is refused by its serial number, and nothing was set."""

import json
from pathlib import Path

import pytest

from instruments import registry
from instruments.errors import BadAnswer
from testbed.adapters import simulation
from testbed.adapters.benches import read_bench

DRIVERS = ("keysight_daq970a", "keysight_dsox1204g", "keysight_e4980a")


@pytest.mark.parametrize("driver", DRIVERS)
def test_another_serial_number_hears_one_question(tmp_path: Path, driver: str):
    path = tmp_path / "bench.toml"
    path.write_text(
        f'name = "bench"\n[roles.it]\ndriver = "{driver}"\nserial = "S2"\n'
        '[simulator]\nclock = "virtual"\n'
    )
    simulator = simulation.start(path, tmp_path / "state", ("--log-commands",))
    try:
        address = read_bench(path).bench("@py", simulator.announcement).roles["it"].address
        with pytest.raises(BadAnswer, match="serial S2, expected S1"):
            registry.connect(driver, address, serial="S1", timeout=0.5)
    finally:
        simulator.stop()
    log = (tmp_path / "state" / "simulator.log").read_text().splitlines()
    heard = [event["line"] for event in map(json.loads, log) if event["event"] == "command"]
    assert heard == ["*IDN?"]

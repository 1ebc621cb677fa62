"""The guide's own bench file and overlay, as they stand there."""

from pathlib import Path

import pytest

from instruments import registry
from instruments.errors import SettingRefused
from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from tests.docs.examples import files_of

pytest.importorskip("pymeasure", reason="these run in .venv-clients: make clients")
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")

SHOWN = files_of("docs/how-to/use-a-pymeasure-or-qcodes-driver.md")


def test_the_bench_of_the_guide_measures(tmp_path: Path):
    (tmp_path / "dmm6500.yaml").write_text(SHOWN["home/benches/dmm6500.yaml"])
    path = tmp_path / "foreign-1.toml"
    path.write_text(SHOWN["home/benches/foreign-1.toml"])
    simulator = simulation.start(path, tmp_path / "state")
    try:
        roles = read_bench(path).bench("@py", simulator.announcement).roles
        connected = {
            role: registry.connect(
                each.driver, each.address, serial=each.serial, limits=each.limits, **each.options
            )
            for role, each in roles.items()
        }
        meter, supply = connected["meter"], connected["supply"]
        supply.set_voltage(5.0)
        supply.set_current_limit(0.5)
        supply.switch_output(True)
        reading = meter.dc_voltage()
        assert reading.value == pytest.approx(5.0, abs=1e-3)
        assert reading.standard_uncertainty == pytest.approx(1e-4, rel=0.2)
        assert meter.dc_current().standard_uncertainty is None
        assert dict(meter.settings())["function"] == "current"
        with pytest.raises(SettingRefused, match="0 to 5 V"):
            supply.set_voltage(5.5)
        supply.make_safe()
        for instrument in connected.values():
            instrument.close()
    finally:
        simulator.stop()

"""Power supplies of three makers on a resistor: what they deliver, refuse, and leave behind."""

from pathlib import Path

import pytest

from instruments.errors import LinkLost, SettingRefused
from tests.instruments.drivers.stage import bench

SUPPLIES = ("keysight_e36312a", "rigol_dp832", "rohde_schwarz_hmp4040")
LOAD = 'circuit = {kind = "resistor", resistance = 10.0, tempco = 1e-9, thermal_resistance = 0.1}'


@pytest.mark.parametrize("driver", SUPPLIES)
def test_a_supply_holds_its_voltage_or_its_limit(tmp_path: Path, driver: str):
    with bench(tmp_path, LOAD, driver) as (roles, control):
        supply = roles[driver]
        supply.set_voltage(5.0)
        supply.set_current_limit(1.0)
        assert supply.voltage().value == pytest.approx(0.0, abs=1e-3)
        supply.switch_output(True)
        assert supply.voltage().value == pytest.approx(5.0, abs=2e-3)
        assert supply.current().value == pytest.approx(0.5, abs=2e-3)
        assert supply.current().standard_uncertainty > 0.0
        supply.set_current_limit(0.2)
        assert supply.voltage().value == pytest.approx(2.0, abs=5e-3)
        assert control.ask("truth")["truth"]["outputs"] == {driver: True}
        supply.make_safe()
        assert control.ask("truth")["truth"]["outputs"] == {driver: False}
        assert supply.settings()["output"] is False


@pytest.mark.parametrize("driver", SUPPLIES)
def test_a_supply_refuses_what_its_output_cannot_deliver(tmp_path: Path, driver: str):
    with bench(tmp_path, LOAD, driver, channel=3) as (roles, _):
        with pytest.raises(SettingRefused, match="V"):
            roles[driver].set_voltage(99.0)
        assert roles[driver].settings()["voltage"] == 0.0


@pytest.mark.parametrize("driver", SUPPLIES)
def test_after_a_power_cut_a_supply_is_off_and_says_so(tmp_path: Path, driver: str):
    with bench(tmp_path, LOAD, driver) as (roles, control):
        supply = roles[driver]
        supply.set_voltage(5.0)
        supply.set_current_limit(1.0)
        supply.switch_output(True)
        control.ask("fault", role=driver, fault="power_cycle", seconds=0.2)
        with pytest.raises(LinkLost, match=r"hung up|broke"):
            supply.voltage()
        assert supply.output_is_on() is False
        assert supply.voltage().value == pytest.approx(0.0, abs=1e-3)

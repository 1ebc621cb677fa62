"""Who measured, how it was set before and after, and how well: all of it is in the run file."""

import math
from datetime import date, timedelta
from pathlib import Path

import pytest
import xarray

from testbed.engine.ports import Ending
from tests.testbed.engine.stage import stage

METHOD = "iec-61960-3"
CELL = {"rated_capacity": 2.5, "rest": 0.0}


def attributes(file: Path) -> dict:
    with xarray.open_dataset(file, decode_times=False) as record:
        return dict(record.attrs)


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> dict:
    directory = tmp_path_factory.mktemp("record")
    file = directory / "R-1.h5"
    with stage("battery-1", directory, head="ambient = 31.0") as opened:
        today = opened.clock.now().date()
        result = opened.run(file, METHOD, CELL, calibrated={"meter": today - timedelta(days=20)})
    assert result.ending is Ending.COMPLETED, result
    return attributes(file)


def test_settings_before_and_after_are_on_record(record: dict):
    assert record["supply_at_start_voltage"] == "0.0"
    assert float(record["supply_at_end_voltage"]) == pytest.approx(4.2)
    assert float(record["load_at_end_current"]) == pytest.approx(0.5)
    assert record["supply_at_end_output"] == record["load_at_end_input"] == "False"


def test_conditions_are_on_record(record: dict):
    assert record["room_temperature"] == 31.0
    assert record["room_temperature_source"] == "bench file"
    assert record["meter_days_since_calibration"] == 20.0
    assert record["load_days_since_calibration"] == 365.0
    assert record["meter_firmware"]


def test_the_uncertainty_follows_the_room(record: dict):
    # 34465A data sheet 5991-1983EN, direct voltage, 10 V, 1 year: 0.0035 % + 0.0005 % of range,
    # and (0.0005 % + 0.0001 %)/K outside 18 to 28 degC. The cell reaches 4.2 V.
    limit = (0.0035 + 3 * 0.0005) / 100 * 4.2 + (0.0005 + 3 * 0.0001) / 100 * 10.0
    assert record["voltage_standard_uncertainty"] == pytest.approx(limit / math.sqrt(3), rel=0.01)


def test_beyond_the_time_that_the_maker_specifies_there_is_no_uncertainty(tmp_path: Path):
    with stage("battery-1", tmp_path) as opened:
        long_ago = opened.clock.now().date() - timedelta(days=400)
        opened.run(tmp_path / "R-2.h5", METHOD, CELL, calibrated={"meter": long_ago})
    found = attributes(tmp_path / "R-2.h5")
    assert "voltage_standard_uncertainty" not in found
    assert found["current_standard_uncertainty"] > 0.0
    assert found["room_temperature_source"] == "assumed"


def test_a_register_that_knows_no_calibration_means_a_year(tmp_path: Path):
    with stage("climate-1", tmp_path) as opened:
        result = opened.run(
            tmp_path / "R-3.h5",
            "iec-60068-2-2",
            {"duration": 0.2, "temperature": 30.0},
            calibrated={"chamber": date(2020, 1, 1)},
        )
    assert result.ending is Ending.COMPLETED, result
    found = attributes(tmp_path / "R-3.h5")
    assert found["meter_days_since_calibration"] == 365.0
    assert found["chamber_days_since_calibration"] > 2000
    assert found["chamber_at_end_running"] == "False"


def test_a_dead_query_at_the_start_or_the_end_costs_that_setting_alone(tmp_path: Path):
    with stage("battery-1", tmp_path) as opened:
        # One that does not answer, however often it is asked.
        dead = ":SOUR:CURR:LEV:IMM?"
        opened.control.ask("fault", role="load", fault="no_answer", command=dead, count=999)
        result = opened.run(tmp_path / "R-4.h5", METHOD, CELL)
    assert result.ending is Ending.COMPLETED, result
    assert result.safe
    found = attributes(tmp_path / "R-4.h5")
    for moment in ("start", "end"):
        assert found[f"load_at_{moment}_current"].startswith("failed: ")
        assert found[f"supply_at_{moment}_output"] == "False"
        assert found[f"load_at_{moment}_input"] == "False"

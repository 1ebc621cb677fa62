"""Every setting of every role is read back by itself, within one time."""

import time
from datetime import date

import pytest

from instruments.accuracy import Conditions
from instruments.errors import InstrumentError, LinkLost, NoAnswer
from instruments.readings import Reading
from instruments.settings import Settings
from testbed.engine.snapshots import FAILED, snapshot
from testbed.engine.surroundings import Room, conditions
from testbed.engine.uncertainties import Uncertainties, WrongUnit
from testbed.procedure import Channel


class Instrument:
    def __init__(self, settings):
        self._settings = settings

    def settings(self):
        if isinstance(self._settings, Exception):
            raise self._settings
        return self._settings


def fails(error: Exception):
    def ask():
        raise error

    return ask


def hangs():
    time.sleep(30)
    return "late"


def test_one_dead_query_loses_no_other_setting():
    supply = Settings(
        voltage=lambda: 4.2, current=fails(NoAnswer("no answer within 2 s")), output=lambda: False
    )
    found = snapshot({"supply": Instrument(supply)}, "start")
    assert found["supply_at_start_voltage"] == "4.2"
    assert found["supply_at_start_output"] == "False"
    assert found["supply_at_start_current"] == f"{FAILED}NoAnswer: no answer within 2 s"


def test_a_role_that_tells_nothing_loses_no_other_role():
    found = snapshot(
        {"load": Instrument(LinkLost("hung up")), "meter": Instrument({"function": "VOLT"})}, "end"
    )
    assert found == {
        "load_at_end": f"{FAILED}LinkLost: hung up",
        "meter_at_end_function": "VOLT",
    }


@pytest.mark.parametrize("error", [KeyError("x"), ZeroDivisionError(), InstrumentError("y")])
def test_a_driver_may_fail_in_any_way(error: Exception):
    found = snapshot({"meter": Instrument(Settings(range=fails(error)))}, "start")
    assert found["meter_at_start_range"].startswith(f"{FAILED}{type(error).__name__}")


def test_all_roles_together_have_one_time():
    roles = {
        "chamber": Instrument(Settings(temperature=hangs, running=lambda: True)),
        "load": Instrument(Settings(current=hangs)),
        "supply": Instrument(Settings(output=lambda: False)),
    }
    begun = time.monotonic()
    found = snapshot(roles, "end", within=0.5)
    assert time.monotonic() - begun < 1.5
    assert found.pop("supply_at_end_output") == "False"
    assert found == dict.fromkeys(
        ("chamber_at_end_temperature", "chamber_at_end_running", "load_at_end_current"),
        f"{FAILED}not read back within 0.5 s",
    )


def test_names_and_words_of_others_fit_into_a_run_file():
    odd = {"channel 1/range": "a\0b\udcff", "x" * 90: "y" * 5000}
    found = snapshot({"meter": Instrument(odd)}, "start")
    assert found["meter_at_start_channel_1_range"] == "a\u2400b\\udcff"
    assert sorted(map(len, found)) == [30, 64]
    assert max(map(len, found.values())) == 1000


def reading(value: float, uncertainty: float | None, unit: str = "V") -> Reading:
    return Reading(value=value, unit=unit, standard_uncertainty=uncertainty)


def test_the_largest_uncertainty_of_a_channel_is_kept():
    kept = Uncertainties((Channel("voltage", "V"), Channel("current", "A")))
    assert kept.values({"voltage": reading(1.0, 0.02), "current": 3.0}) == {
        "voltage": 1.0,
        "current": 3.0,
    }
    kept.values({"voltage": reading(2.0, 0.05), "current": 3.0})
    kept.values({"voltage": reading(0.5, 0.01), "current": 3.0})
    assert kept.attributes() == {"voltage_standard_uncertainty": 0.05}


def test_one_reading_without_uncertainty_leaves_the_channel_without():
    kept = Uncertainties((Channel("voltage", "V"),))
    kept.values({"voltage": reading(2.0, 0.05)})
    kept.values({"voltage": reading(2.0, None)})
    assert kept.attributes() == {}


def test_a_reading_in_another_unit_is_refused():
    kept = Uncertainties((Channel("voltage", "V"),))
    with pytest.raises(WrongUnit, match="declared in V, the reading is in mV"):
        kept.values({"voltage": reading(2.0, 0.05, "mV")})


def test_conditions_are_what_the_register_and_the_room_say():
    stated = conditions(
        ("meter", "load"), {"meter": date(2026, 1, 1)}, Room(28.5, "measured"), date(2026, 3, 2)
    )
    assert stated["meter"] == Conditions(since_calibration=60.0, ambient=28.5)
    assert stated["load"] == Conditions(since_calibration=365.0, ambient=28.5)

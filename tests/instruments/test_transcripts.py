"""Every driver says again, word for word, what it said when its self-check was recorded."""

import pytest

from instruments import registry
from instruments.accuracy import NOMINAL
from instruments.link import Link
from instruments.modbus_link import ModbusLine, ModbusLink
from instruments.self_check import self_check
from instruments.transcript import ModbusReplay, Replay, read_transcript
from tests.faults.matrix import drivers, serial_of
from tests.instruments.record_transcripts import FOLDER


@pytest.mark.parametrize("name", drivers())
def test_a_driver_repeats_its_recorded_self_check(name: str):
    driver = registry.load(name)
    entries = read_transcript(FOLDER / f"{name}.txt")
    if driver.about.line == "modbus":
        replay = ModbusReplay(entries)
        link = ModbusLink("transcript", ModbusLine(replay), 1, known=driver.known)
    else:
        replay = Replay(entries)
        link = Link(replay, sentinel=driver.sentinel)
    ranges = {each.quantity: each for each in driver.ranges_of()}
    instrument = driver(link, ranges, NOMINAL, serial_of(name))
    findings = list(self_check(instrument))
    assert [each for each in findings if each.failed] == []
    replay.done()


def test_what_was_left_unsaid_is_a_failure():
    replay = Replay(read_transcript(FOLDER / "keysight_34465a.txt"))
    with pytest.raises(AssertionError, match="never said"):
        replay.done()
    with pytest.raises(AssertionError, match="the transcript has"):
        replay.send("*RST")

"""Every driver says again, word for word, what it said when its self-check was recorded."""

import pytest

from instruments import registry
from instruments.accuracy import NOMINAL
from instruments.link import Link
from instruments.self_check import self_check
from instruments.transcript import Replay, read_transcript
from tests.faults.matrix import SERIAL, drivers
from tests.instruments.record_transcripts import FOLDER

BY_LINES = [name for name in drivers() if registry.load(name).about.line != "modbus"]


@pytest.mark.parametrize("name", BY_LINES)
def test_a_driver_repeats_its_recorded_self_check(name: str):
    replay = Replay(read_transcript(FOLDER / f"{name}.txt"))
    driver = registry.load(name)
    link = Link(replay, sentinel=driver.sentinel)
    ranges = {each.quantity: each for each in driver.ranges_of()}
    instrument = driver(link, ranges, NOMINAL, SERIAL)
    findings = list(self_check(instrument))
    assert [each for each in findings if each.failed] == []
    replay.done()


def test_what_was_left_unsaid_is_a_failure():
    replay = Replay(read_transcript(FOLDER / "keysight_34465a.txt"))
    with pytest.raises(AssertionError, match="never said"):
        replay.done()
    with pytest.raises(AssertionError, match="the transcript has"):
        replay.send("*RST")

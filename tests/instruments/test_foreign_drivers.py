"""Overlays are checked whole, sessions keep what a foreign driver swallows.

The tests that need PyMeasure and QCoDeS lie in `foreign/` and run in the environment that has them.
"""

import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from instruments import registry
from instruments.errors import BadAnswer, InstrumentFault, NoAnswer
from instruments.foreign.overlay import OverlayRefused
from instruments.foreign.overlay_file import read_overlay
from instruments.foreign.resource import SessionResource
from instruments.foreign.session import Session
from instruments.link import Link, open_link
from tests.instruments.peers import tcp_peer

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / ".venv-clients" / "bin" / "python"
FOLDER = Path(__file__).parent / "foreign"
SUPPLY = ROOT / "instruments/foreign/overlays/pymeasure.keysight.KeysightE36312A.yaml"


@pytest.mark.skipif(not CLIENT.exists(), reason="PyMeasure and QCoDeS are not there: make clients")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("file", sorted(each.name for each in FOLDER.glob("test_*.py")))
def test_what_needs_the_libraries_holds_where_they_are(file: str):
    ended = subprocess.run(
        [CLIENT, "-m", "pytest", FOLDER / file, "-q", "-p", "no:cacheprovider"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-5000:] + ended.stderr[-2000:]
    assert "skipped" not in ended.stdout


def test_drivers_with_an_overlay_are_listed_without_their_library():
    found = {each.name: each for each in registry.foreign()}
    assert found["pymeasure:keithley.Keithley2000"].driver.about.name == "MODEL 2000"
    assert found["qcodes:Keysight.Keysight34465A"].driver.about.plays[0].__name__ == "Multimeter"
    assert all(each.problem == "" for each in found.values())
    assert not any(":" in each.name for each in registry.installed())


@pytest.mark.skipif(find_spec("pymeasure") is not None, reason="PyMeasure is installed here")
def test_a_missing_library_is_named_before_anything_is_opened():
    with pytest.raises(LookupError, match=r"pip install 'testbed-center\[pymeasure\]'"):
        registry.connect("pymeasure:keithley.Keithley2000", "TCPIP::127.0.0.1::1::SOCKET")


def test_an_unknown_library_or_a_missing_overlay_is_named():
    with pytest.raises(LookupError, match="Did you mean pymeasure:keithley"):
        registry.connect("pymeasur:keithley.Keithley2000", "anywhere")
    with pytest.raises(LookupError, match="no overlay for pymeasure:hp"):
        registry.connect("pymeasure:hp.HP34401A", "anywhere")


CHANGES = (
    ("methods", "voltage", "gett", "anything", "'gett' is refused"),
    ("methods", "voltage", "accuracy", "power", "accuracy power is not given"),
    ("methods", "set_voltage", "confirm", {}, "`confirm` is missing"),
    ("methods", "set_voltage", "arguments", {}, "argument volts has no range"),
    ("methods", "set_voltage", "arguments", {"volts": "volts"}, "range volts is not given"),
    ("methods", "output_is_on", "get", "", "output_is_on: `get` is missing"),
    ("ranges", "voltage", "unit", None, "unit"),
    ("safe", "confirm", None, None, "`safe` is missing"),
    ("rôle", None, None, "PowerSupply", "'rôle' is refused"),
    ("role", None, None, "Oscilloscope", "Oscilloscope cannot be played by an overlay: capture"),
    ("role", None, None, "Multimeter", "is not a method of it"),
    ("model", None, None, "", "model is missing"),
)


@pytest.mark.parametrize(("key", "inner", "last", "value", "said"), CHANGES)
def test_an_overlay_that_cannot_be_is_refused(
    tmp_path: Path, key: str, inner: str | None, last: str | None, value: object, said: str
):
    content = yaml.safe_load(SUPPLY.read_text())
    table, name = content, key
    for deeper in (inner, last):
        if deeper is not None:
            table, name = table[name], deeper
    if value is None:
        del table[name]
    else:
        table[name] = value
    path = tmp_path / "overlay.yaml"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(OverlayRefused, match=said) as refused:
        read_overlay(path)
    assert str(path) in str(refused.value)


def test_an_overlay_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(OverlayRefused, match="No such file"):
        read_overlay(tmp_path / "none.yaml")


@pytest.fixture
def link() -> Iterator[Link]:
    replies = {"*IDN?": "A,B,C,D\n", "GOOD?": "1\n", "BAD?": "\xfe\n", "WAVE?": "#14abcd\n"}
    with tcp_peer(replies.get) as address:
        opened = open_link(address, sentinel="*IDN?", timeout=0.2)
        yield opened
        opened.close()


def test_a_failure_that_is_swallowed_comes_out_at_the_end(link: Link):
    session = Session(link)
    with pytest.raises(NoAnswer) as failed, session.exchange("read something"):  # noqa: PT012
        for question in ("MUTE?", "GOOD?"):
            try:
                session.query(question)
            except NoAnswer:
                continue
    # The second question was not sent any more.
    assert (failed.value.command, failed.value.doing) == ("MUTE?", "read something")
    assert link.suspect
    with session.exchange("read it again"):
        assert session.query("GOOD?") == "1"


def test_what_is_no_text_is_a_bad_answer(link: Link):
    session = Session(link)
    with pytest.raises(BadAnswer, match="not ASCII"), session.exchange("read"):
        session.query("BAD?")


def test_a_driver_that_speaks_out_of_turn_is_refused(link: Link):
    with pytest.raises(InstrumentFault, match="outside of an exchange"):
        Session(link).send("OUTP ON")


def test_a_block_arrives_whole_or_in_pieces(link: Link):
    session = Session(link)
    with session.exchange("fetch"):
        session.send("WAVE?")
        assert session.receive_bytes(3) == b"#14"
        assert session.receive_bytes() == b"abcd\n"
        assert SessionResource(session).query_binary_values("WAVE?", "B") == list(b"abcd")

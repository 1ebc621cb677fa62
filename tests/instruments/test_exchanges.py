"""Recorded conversations of others with the models that are driven here, held with the simulators.

Source of the conversations: ``scpi/exchanges.json`` of the reference data (see SOURCES.md there).
What they set is accepted without an error; what they ask is answered in the same type and, once it
was set so, by the same value. Where the text differs it is an equivalent dialect: another way of
writing the same number, word or string.
"""

import json
import math
import socket
from collections.abc import Iterator

import pytest

from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from tests.norms.reference import reference

# Model of the conversations to the driver whose simulator holds them; the names of a family share
# the command set.
DRIVEN = {
    "keithley2000": "keithley_2000",
    "keithleyDMM6500": "keithley_dmm6500",
    "keithleyDAQ6510": "keithley_dmm6500",
    "keysightE36312A": "keysight_e36312a",
    "hp34401a": "keysight_34465a",
    "agilent4284A": "keysight_e4980a",
    "keysightDSOX1102G": "keysight_dsox1204g",
}
# Asked of what was measured, of the instrument's own clock or of who it is: only the type is fixed.
OF_THE_MOMENT = ("READ?", "DATA:POIN?", "*IDN?", "*OPT?", "TIME?", "TERM?", "FUNC?", "VERS?",
                 "CONF?", "OUTPut?", "waveform:data?")  # fmt: skip


class Client:
    """Sends lines over a raw socket, as any program would."""

    def __init__(self, address: str) -> None:
        _, host, port, _ = address.split("::")
        self._socket = socket.create_connection((host, int(port)), timeout=2)
        self._lines = self._socket.makefile("r")

    def write(self, line: str) -> None:
        self._socket.sendall(line.encode() + b"\n")

    def ask(self, line: str) -> str:
        self.write(line)
        return self._lines.readline().strip()

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    directory = tmp_path_factory.mktemp("exchanges")
    drivers = sorted(set(DRIVEN.values()))
    text = 'name = "exchanges"\n[simulator]\nclock = "virtual"\ncircuit = {kind = "cell"}\n'
    text += "".join(f'[roles.{name}]\ndriver = "{name}"\nserial = "S1"\n' for name in drivers)
    path = directory / "exchanges.toml"
    path.write_text(text)
    simulator = simulation.start(path, directory / "state")
    roles = read_bench(path).bench("@py", simulator.announcement).roles
    yield {role: setting.address for role, setting in roles.items()}
    simulator.stop()


def cases() -> Iterator[pytest.param]:
    try:
        path = reference("scpi/exchanges.json")
    except pytest.skip.Exception:
        # No case is left, so that pytest itself reports the test as skipped.
        return
    for model, found in json.loads(path.read_text()).items():
        for case in found if model in DRIVEN else ():
            yield pytest.param(model, case["exchanges"], id=f"{model}-{case['case']}")


def same(reply: str, expected: str) -> bool:
    """Tell whether two replies say the same, however they are written."""
    mine, theirs = reply.strip('"'), expected.strip().strip('"')
    try:
        return math.isclose(float(mine), float(theirs), rel_tol=1e-6)
    except ValueError:
        return mine.partition(";")[0].upper() == theirs.partition(";")[0].upper()


def alike(reply: str, expected: str) -> bool:
    """Tell whether two replies are of one type."""

    def number(text: str) -> bool:
        try:
            float(text)
        except ValueError:
            return False
        return True

    return bool(reply) and (number(expected) <= number(reply) or "-" in expected)


@pytest.mark.parametrize(("model", "exchanges"), list(cases()))
def test_a_recorded_conversation_is_held(
    stage: dict[str, str], model: str, exchanges: list[list[str | None]]
):
    client = Client(stage[DRIVEN[model]])
    client.write("*RST;*CLS")
    try:
        for sent, expected in exchanges:
            assert sent is not None
            if expected is None:
                client.write(sent)
            elif sent == "FETC?":
                client.write("INIT")
                assert alike(client.ask(sent), expected), (sent, expected)
            elif any(sent.endswith(word) or f"{word} " in sent for word in OF_THE_MOMENT):
                assert alike(client.ask(sent), expected), (sent, expected)
            else:
                head, _, where = sent.partition("?")
                # First made so, as whoever recorded it found it so; a read-only value stays.
                client.write(f"{head} {expected.strip()}{',' if where else ''}{where}")
                client.ask("SYST:ERR?")
                assert same(client.ask(sent), expected), (sent, expected)
            assert client.ask("SYST:ERR?").lstrip("+").startswith("0"), sent
    finally:
        client.close()

"""A balance that settles: what it weighs, how long it is waited for, and what a restart costs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from instruments import registry
from instruments.drivers.mettler_sics import MettlerSics
from instruments.errors import BadAnswer, InstrumentFault, LinkLost, SettingRefused
from tests.instruments.drivers.stage import bench
from tests.instruments.peers import pty_peer

DRIVER = "mettler_sics"
DATA = {
    "I2": 'I2 A "XSR204 Excellence 220.0090 g"',
    "I3": 'I3 A "1.10"',
    "I4": 'I4 A "S1"',
    "TA": "TA A     0.0000 g",
}


def lay(control, grams: float) -> None:
    control.ask("specimen", part="balance", model={"load": grams})


@contextmanager
def told(
    replies: dict[str, str], **options: object
) -> Iterator[tuple[MettlerSics, dict[str, str], list[str]]]:
    """Connect to a peer that answers by a table, which a test may change; gives what was sent."""
    heard: list[str] = []
    table = {**DATA, **replies}

    def answer(line: str) -> str | None:
        heard.append(line)
        return f"{table[line]}\r\n" if table.get(line) else None

    with pty_peer(answer, b"\r\n") as (port, _):
        balance = registry.connect(DRIVER, port, serial="S1", timeout=0.1, **options)
        try:
            yield balance, table, heard
        finally:
            balance.close()


def test_a_load_is_weighed_once_it_rests(tmp_path: Path):
    with bench(tmp_path, "balance = {}", DRIVER) as (roles, control):
        for grams in (0.0, 12.3456, 200.0):
            before = control.ask("now")["now"]
            lay(control, grams)
            reading = roles[DRIVER].mass()
            assert reading.value == pytest.approx(grams, abs=4e-4)
            assert reading.value == pytest.approx(
                control.ask("truth")["truth"]["balance.load_g"],
                abs=4 * reading.standard_uncertainty,
            )
            assert reading.unit == "g"
            # Whatever moves takes its time, by the clock of the bench.
            assert (control.ask("now")["now"] - before > 1.0) is (grams > 0)


def test_the_uncertainty_is_that_of_linearity_and_repeatability(tmp_path: Path):
    with bench(tmp_path, "balance = {load = 100.0}", DRIVER) as (roles, _):
        # 0.2 mg as a bound, 0.1 mg as a standard deviation: sqrt(0.2^2 / 3 + 0.1^2) mg.
        assert roles[DRIVER].mass().standard_uncertainty == pytest.approx(1.5275e-4, rel=1e-4)


def test_what_is_tared_is_not_weighed(tmp_path: Path):
    with bench(tmp_path, "balance = {}", DRIVER) as (roles, control):
        balance = roles[DRIVER]
        lay(control, 50.0)
        balance.tare()
        assert balance.settings()["tare"] == pytest.approx(50.0, abs=4e-4)
        assert balance.mass().value == pytest.approx(0.0, abs=4e-4)
        lay(control, 62.5)
        assert balance.mass().value == pytest.approx(12.5, abs=6e-4)
        lay(control, 1.0)
        balance.zero()
        assert balance.settings()["tare"] == 0.0
        assert balance.mass().value == pytest.approx(0.0, abs=4e-4)


def test_out_of_its_range_it_gives_no_number(tmp_path: Path):
    with bench(tmp_path, "balance = {}", DRIVER) as (roles, control):
        balance = roles[DRIVER]
        lay(control, 230.0)
        control.ask("sleep", seconds=10)
        with pytest.raises(InstrumentFault, match="overloaded"):
            balance.mass()
        with pytest.raises(InstrumentFault, match="overloaded"):
            balance.tare()
        lay(control, -20.0)
        control.ask("sleep", seconds=10)
        with pytest.raises(InstrumentFault, match="underloaded"):
            balance.mass()
        lay(control, 20.0)
        control.ask("sleep", seconds=1)
        assert balance.mass().value == pytest.approx(20.0, abs=4e-4)


@pytest.mark.parametrize("lying", [1.0, 100.0])
def test_after_a_power_cut_nothing_is_weighed_before_it_is_tared(tmp_path: Path, lying: float):
    with bench(tmp_path, f"balance = {{load = {lying}}}", DRIVER) as (roles, control):
        balance = roles[DRIVER]
        assert balance.mass().value == pytest.approx(lying, abs=4e-4)
        control.ask("fault", role=DRIVER, fault="power_cycle", seconds=0.2)
        with pytest.raises(LinkLost):
            balance.mass()
        # What lay there is its zero now, or more than it takes for one.
        with pytest.raises(InstrumentFault, match=r"cannot do that now|tare it"):
            balance.mass()
        lay(control, 0.0)
        control.ask("sleep", seconds=10)
        balance.zero()
        lay(control, 30.0)
        assert balance.mass().value == pytest.approx(30.0, abs=4e-4)


def test_a_tare_that_somebody_else_changed_is_named():
    with told({"SI": "S S    10.0000 g"}) as (balance, table, _):
        assert balance.mass().value == 10.0
        table["TA"] = "TA A     3.0000 g"
        with pytest.raises(InstrumentFault, match="from 0 g to 3 g"):
            balance.mass()


def test_a_balance_that_started_anew_is_noticed_by_its_greeting():
    with told({"SI": 'I4 A "S1"\r\nS S     0.0000 g'}) as (balance, table, _):
        with pytest.raises(InstrumentFault, match="started anew"):
            balance.mass()
        table["SI"] = "S S     0.0000 g"
        with pytest.raises(InstrumentFault, match="tare it"):
            balance.mass()
        table["T"] = "T S     0.0000 g"
        balance.tare()
        assert balance.mass().value == 0.0


def test_unrest_is_waited_for_within_bounds_and_its_late_answer_is_nobody_elses():
    # The value that was waited for comes at the very instant at which it is given up.
    late = 'S S     1.0000 g\r\nI4 A "S1"'
    with told({"SI": "S D     1.5000 g", "@": late}, patience=0.5) as (balance, table, heard):
        begun = time.monotonic()
        with pytest.raises(InstrumentFault, match=r"within 0\.5 s"):
            balance.mass()
        assert 0.5 <= time.monotonic() - begun < 2.0
        assert heard[-2:] == ["S", "@"]
        table["SI"] = "S S     2.0000 g"
        assert balance.mass().value == 2.0


def test_a_balance_that_answers_late_is_waited_for():
    def answer(line: str) -> str | None:
        if line == "S":
            time.sleep(0.6)  # much longer than the link waits for a line
            return "S S     7.0000 g\r\n"
        return {"SI": "S D     6.5000 g", **DATA}.get(line, "ES") + "\r\n"

    with pty_peer(answer, b"\r\n") as (port, _):
        balance = registry.connect(DRIVER, port, serial="S1", timeout=0.1, patience=5.0)
        assert balance.mass().value == 7.0
        assert balance.identity().serial == "S1"
        balance.close()


@pytest.mark.parametrize(
    ("reply", "error", "said"),
    [
        ("S S    10.0000 lb", InstrumentFault, "does not show grams"),
        ("S S Error 10b", BadAnswer, "a weight was expected"),
        ("S A    10.0000 g", BadAnswer, "a weight was expected"),
        ("S S    1O.0000 g", BadAnswer, "a weight was expected"),
        ("TA A     0.0000 g", BadAnswer, "no answer to SI"),
        ("ET", InstrumentFault, "garbled"),
    ],
)
def test_what_is_no_weight_in_grams_is_no_reading(reply: str, error: type, said: str):
    with told({"SI": reply}) as (balance, _, _), pytest.raises(error, match=said):
        balance.mass()


def test_milligrams_are_grams():
    with told({"SI": "S S  10000.00 mg", "TA": "TA A      0.00 mg"}) as (balance, _, _):
        assert balance.mass().value == pytest.approx(10.0)


def test_another_balance_is_refused_before_anything_is_set():
    heard: list[str] = []

    def answer(line: str) -> str:
        heard.append(line)
        return DATA[line] + "\r\n"

    with pty_peer(answer, b"\r\n") as (port, _):
        with pytest.raises(BadAnswer, match="serial S1, expected S2"):
            registry.connect(DRIVER, port, serial="S2", timeout=0.2)
        assert heard == ["I4"]
        with pytest.raises(BadAnswer, match="XSR204, expected ML204T"):
            registry.connect(DRIVER, port, serial="S1", timeout=0.2, model="ML204T")
        assert set(heard) <= {"I2", "I3", "I4"}
        with pytest.raises(SettingRefused, match="patience"):
            registry.connect(DRIVER, port, serial="S1", timeout=0.2, patience=1e6)


REPLIES = [
    ("@", 'I4 A "S1"'),
    ("I11", 'I11 A "XSR204"'),
    ("S", "S S    10.0000 g"),
    ("SI", "S S    10.0000 g"),
    ("TA", "TA A     0.0000 g"),
    ("TA 2500 mg", "TA A     2.5000 g"),
    ("TA 1 lb", "TA L"),
    ("TA 900 g", "TA L"),
    ("TI", "TI S    10.0000 g"),
    ("T", "T S    10.0000 g"),
    ("Z", "Z +"),
    ("ZI", "ZI I"),
    ("C3", "C3 I"),
    ('D "hello"', "D A"),
    ("si", "ES"),
    ("XYZ", "ES"),
]


def test_other_programs_are_answered_as_the_manual_prints(tmp_path: Path):
    world = "balance = {load = 10.0, linearity = 0.0, repeatability = 0.0}"
    with bench(tmp_path, world, DRIVER) as (roles, _):
        for command, reply in REPLIES:
            assert roles[DRIVER].link.query(command, doing="ask as others do") == reply
            roles[DRIVER].link.query("TAC", doing="take the tare off")


def test_its_commands_are_listed_line_by_line(tmp_path: Path):
    with bench(tmp_path, "balance = {}", DRIVER) as (roles, _):
        with roles[DRIVER].link.exchange("list the commands") as line:
            line.send("I0")
            lines = [line.receive()]
            while lines[-1].startswith("I0 B"):
                lines.append(line.receive())
        assert lines[0] == 'I0 B 0 "@"'
        assert lines[-1].startswith("I0 A 2 ")
        assert {"S", "SI", "T", "TA", "Z"} <= {each.split('"')[1] for each in lines}

"""Insulation and withstand voltage through the engine, on a simulated tester and cage."""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

import runs
from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from testbed.domain.conformity import Outcome
from testbed.engine.control import Control
from testbed.engine.ports import Ending, Progress, Prompt, RunResult
from testbed.methods.iec_61010_1 import Withstand
from testbed.procedure import complete_parameters, method_data
from tests.testbed.engine.stage import Stage

BENCH = """
name = "insulation"
title = {ko = "절연 시험대", en = "Insulation bench"}
[roles.withstand]
driver = "gwinstek_gpt9803"
serial = "GES000001"
equipment = "EQ-022"
[simulator]
clock = "virtual"
[simulator.insulation]
"""
HEAD = "prompt.iec-61010-1."
DATA = method_data("testbed.methods", Withstand.id, Withstand.version)

pytestmark = pytest.mark.xdist_group("withstand")


class Cage(Stage):
    """Two persons at a cage; `persons` answer with their names and logins, in their order."""

    persons: tuple[tuple[str, str], ...] = (("김하나", "kim"), ("이두리", "lee"))
    acts = True
    then: Mapping[str, Callable[["Cage"], None]] = {}

    def begin(self) -> None:
        self.steering = Control()
        self.named = 0
        self.seen: list[str] = []
        self.control.ask("specimen", part="insulation", model={})
        self.control.ask("interlock", closed=True)
        self.persons, self.acts, self.then = Cage.persons, True, {}

    def answer(self, progress: Progress) -> tuple[()]:
        prompt = progress.prompt
        event = progress.phase if prompt is None else prompt.code
        if event in self.then and event not in self.seen:
            self.then[event](self)
        self.seen.append(event)
        if prompt is not None:
            self._reply(prompt)
        return ()

    def _reply(self, prompt: Prompt) -> None:
        if prompt.code.startswith(f"{HEAD}release-"):
            if f"{prompt.number}" not in self.seen:
                self.seen.append(f"{prompt.number}")
                self.named += 1
            name, login = self.persons[min(self.named, len(self.persons)) - 1]
            self.steering.answer(prompt.number, name, by=login)
            return
        if self.acts and prompt.code.endswith("-interlock"):
            self.control.ask("interlock", closed=prompt.code == f"{HEAD}close-interlock")
        self.steering.answer(prompt.number, prompt.options[0])


@contextmanager
def caged(directory: Path) -> Iterator[Cage]:
    path = directory / "insulation.toml"
    path.write_text(BENCH, encoding="utf-8")
    simulator = simulation.start(path, directory / "state", ("--clock", "virtual"))
    opened = Cage(read_bench(path).bench("@py", simulator.announcement), simulator)
    try:
        yield opened
    finally:
        opened.close()
        simulator.stop()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cage]:
    with caged(tmp_path_factory.mktemp("cage")) as opened:
        yield opened


@pytest.fixture
def cage(bench: Cage) -> Cage:
    bench.begin()
    return bench


def values(result: RunResult) -> dict[str, float | None]:
    return {each.measurand: each.value for each in result.judgements}


def codes(result: RunResult) -> list[str]:
    return [each.code for each in result.findings]


def test_an_insulation_in_order_passes(cage: Cage, tmp_path: Path) -> None:
    file = tmp_path / "R-1.h5"
    result = cage.run(file, Withstand.id, {})
    assert (result.ending, result.outcome) == (Ending.COMPLETED, Outcome.PASS), result
    found = values(result)
    # 5 Gohm and twice that current into the dielectric, fading with 180 s.
    expected = {t: 5e9 / (1.0 + 2.0 * math.exp(-t / 180.0)) for t in (30.0, 60.0)}
    assert found["r_ins"] == pytest.approx(expected[60.0], rel=0.01)
    assert found["dar"] == pytest.approx(expected[60.0] / expected[30.0], rel=0.01)
    assert found["pi"] is None
    # 1 nF at 60 Hz.
    assert found["i_max"] == pytest.approx(1500.0 * 2 * math.pi * 60 * 1e-9, rel=0.01)
    assert found["u_rms"] == pytest.approx(1500.0, rel=1e-3)
    assert 60.0 <= found["t_hold"] < 63.0
    assert found["ramp_time"] <= 1.0
    assert found["discharge_time"] >= 5.0
    assert result.safe
    assert not any(cage.outputs().values())
    # Who released it stands in the record, by name and by login.
    told = [each.text for each in runs.events(file)]
    assert any("first=김하나 second=이두리" in text for text in told)
    assert any("이두리 by lee" in text for text in told)


def test_ten_minutes_tell_the_polarisation_index(cage: Cage, tmp_path: Path) -> None:
    given = {"insulation_time": 602.0, "hold": 1.0}
    result = cage.run(tmp_path / "R-1.h5", Withstand.id, given)
    assert result.outcome is Outcome.PASS, result
    late, early = (1.0 + 2.0 * math.exp(-t / 180.0) for t in (600.0, 60.0))
    assert values(result)["pi"] == pytest.approx(early / late, rel=0.01)
    # A routine test of one second is sampled finely enough to be proven.
    assert 1.0 <= values(result)["t_hold"] < 1.6


def test_direct_voltage_is_applied_where_it_is_asked_for(cage: Cage, tmp_path: Path) -> None:
    result = cage.run(tmp_path / "R-1.h5", Withstand.id, {"waveform": "dc", "hold": 5.0})
    assert result.outcome is Outcome.PASS, result
    # Without a reactive current only what leaks is left.
    assert values(result)["i_max"] < 1e-5


def test_a_flashover_fails(cage: Cage, tmp_path: Path) -> None:
    cage.control.ask("specimen", part="insulation", model={"breakdown": 1800.0})
    result = cage.run(tmp_path / "R-1.h5", Withstand.id, {})
    assert (result.ending, result.outcome) == (Ending.COMPLETED, Outcome.FAIL), result
    assert "tester-failed" in codes(result)
    rows = {each.measurand: each for each in result.judgements}
    assert rows["breakdowns"].outcome is rows["t_hold"].outcome is Outcome.FAIL
    # What passed before is on record.
    assert rows["r_ins"].outcome is Outcome.PASS
    assert result.safe


def test_a_leakage_above_the_trip_current_fails(cage: Cage, tmp_path: Path) -> None:
    # 10 nF at 60 Hz: 5.65 mA at 1500 V.
    cage.control.ask("specimen", part="insulation", model={"capacitance": 1e-8})
    result = cage.run(tmp_path / "R-1.h5", Withstand.id, {})
    assert result.outcome is Outcome.FAIL, result
    assert {"tester-failed", "leakage-trip"} <= set(codes(result))
    assert values(result)["i_max"] > 5e-3


def test_too_low_a_resistance_fails(cage: Cage, tmp_path: Path) -> None:
    model = {"resistance": 1.5e6, "absorption": 0.0}
    cage.control.ask("specimen", part="insulation", model=model)
    result = cage.run(tmp_path / "R-1.h5", Withstand.id, {"hold": 2.0})
    rows = {each.measurand: each for each in result.judgements}
    assert result.outcome is Outcome.FAIL
    assert rows["r_ins"].value == pytest.approx(1.5e6, rel=0.01)
    assert rows["r_ins"].outcome is Outcome.FAIL


def never_on(cage: Cage, result: RunResult, file: Path) -> None:
    assert (result.ending, result.outcome) == (Ending.ERROR, Outcome.INVALID), result
    assert "NotReleased" in str(result.remark)
    assert not any("insulate" in each.text for each in runs.events(file) if each.kind == "phase")
    log = cage.control.ask("log")["events"]
    assert not [each for each in log[cage.logged :] if each.get("on")]


@pytest.mark.parametrize("persons", [
    (("김하나", "kim"), ("김하나", "lee")),
    (("Kim Hana", "kim"), ("  kim   HANA ", "lee")),
    (("김하나", "kim"), ("이두리", "kim")),
])  # fmt: skip
def test_one_person_is_not_two(
    cage: Cage, tmp_path: Path, persons: tuple[tuple[str, str], ...]
) -> None:
    cage.persons, cage.logged = persons, len(cage.control.ask("log")["events"])
    file = tmp_path / "R-1.h5"
    never_on(cage, cage.run(file, Withstand.id, {}), file)


def test_two_at_one_terminal_are_two(cage: Cage, tmp_path: Path) -> None:
    cage.persons = (("김하나", "bench"), ("이두리", "bench"))
    assert cage.run(tmp_path / "R-1.h5", Withstand.id, {"hold": 1.0}).outcome is Outcome.PASS


def test_who_is_not_at_the_cage_cannot_start(cage: Cage, tmp_path: Path) -> None:
    # All questions are answered, but nobody opens the interlock.
    cage.acts, cage.logged = False, len(cage.control.ask("log")["events"])
    file = tmp_path / "R-1.h5"
    never_on(cage, cage.run(file, Withstand.id, {}), file)


@pytest.mark.parametrize("phase", ["insulate", "apply"])
def test_an_interlock_that_opens_ends_it_at_once(cage: Cage, tmp_path: Path, phase: str) -> None:
    file = tmp_path / "R-1.h5"

    def opens(at: Cage) -> None:
        at.control.ask("interlock", closed=False)

    cage.then = {phase: opens}
    result = cage.run(file, Withstand.id, {"hold": 900.0, "insulation_time": 990.0})
    assert result.ending in (Ending.ABORTED, Ending.ERROR)
    assert result.outcome is Outcome.INVALID
    assert not any(cage.outputs().values())


def test_a_pause_breaks_a_test_off(cage: Cage, tmp_path: Path) -> None:
    def pauses(at: Cage) -> None:
        at.steering.pause()

    cage.then = {"apply": pauses}
    paused: list[bool] = []
    earlier = cage.answer

    def answer(progress: Progress) -> tuple[()]:
        if progress.paused:
            paused.append(any(cage.outputs().values()))
            cage.steering.resume()
        return earlier(progress)

    cage.answer = answer  # type: ignore[method-assign]
    try:
        result = cage.run(tmp_path / "R-1.h5", Withstand.id, {"hold": 900.0})
    finally:
        del cage.answer
    assert paused
    assert result.outcome is Outcome.INVALID
    assert not any(cage.outputs().values())


def test_what_was_recorded_evaluates_to_the_same_again(cage: Cage, tmp_path: Path) -> None:
    file = tmp_path / "R-1.h5"
    result = cage.run(file, Withstand.id, {"hold": 2.0})
    given = complete_parameters(Withstand, {"hold": 2.0})
    with runs.open(file, decode_times=False) as dataset:
        again = Withstand.evaluate(dataset.load(), given, DATA)
    assert {name: each.value for name, each in again.values.items()} == values(result)
    assert {each.measurand for each in Withstand.limits(given, DATA)} <= set(again.budgets)
    # GPT-9800 specifications: 1 % of the reading and 5 V, a bound.
    assert again.budgets["u_rms"].uncertainty == pytest.approx((15.0 + 5.0) / math.sqrt(3.0))
    assert again.budgets["u_rms"].estimate == again.values["u_rms"].value

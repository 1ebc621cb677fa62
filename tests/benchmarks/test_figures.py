"""A figure says honestly whether its limit holds, and a rival that is not there is told."""

import sys
from math import isclose
from pathlib import Path

import pytest

from runs.benchmarks.figures import Figure, fresh, interleaved, percentile, shares
from runs.benchmarks.rivals import Missing, Rivals


def test_a_limit_holds_up_to_itself_and_no_further():
    def at_least(value: float) -> Figure:
        return Figure(measured="m", value=value, against="raw", at_least=0.75)

    assert at_least(0.75).holds is True
    assert at_least(0.7499).holds is False
    assert at_least(0.75).asked == "≥ 0.75 x"
    assert at_least(0.75).ratio == "0.75 x raw"
    assert Figure(measured="m", value=5.1, unit="ms", at_most=5).holds is False
    assert Figure(measured="m", value=5.0, unit="ms", at_most=5).asked == "≤ 5 ms"


def test_what_was_not_measured_does_not_hold_and_says_so():
    assert Figure(measured="m", at_least=2).holds is False
    missing = Figure(measured="m", at_least=130, missing="no rivals")
    assert missing.holds is False
    assert missing.ratio == "NOT MEASURED: no rivals"
    assert Figure(measured="m", result="told only").holds is None


def test_ways_take_turns_and_the_first_round_does_not_count():
    order = []

    def action(name: str, seconds: float):
        def act() -> float:
            order.append(name)
            return seconds if len(order) > 2 else 99.0

        return act

    taken = interleaved(2, {"a": action("a", 1.0), "b": action("b", 2.0)})
    assert order == ["b", "a", "a", "b", "b", "a"]
    assert taken == {"a": [1.0, 1.0], "b": [2.0, 2.0]}
    assert isclose(shares(taken["a"], taken["b"]), 0.5)


def test_a_percentile_is_one_of_the_values():
    values = [float(number) for number in range(100)]
    assert percentile(values, 0.95) == 95
    assert percentile(values[:1], 0.95) == 0


def test_each_measurement_finds_an_empty_place(tmp_path: Path):
    def take(path: Path) -> float:
        assert not path.exists()
        path.write_text("x")
        path.with_name(path.name + ".view").write_text("x")
        return 1.0

    action = fresh(tmp_path, take)
    assert action() == action() == 1.0
    assert list(tmp_path.iterdir()) == []


def test_a_rival_speaks_by_its_last_line_and_its_failure_is_told(tmp_path: Path):
    (tmp_path / "good.py").write_text("print('hello'); print('{\"rows\": 3}')")
    (tmp_path / "bad.py").write_text("raise SystemExit('2 of 3 rows were recorded')")
    rivals = Rivals(Path(sys.executable), tmp_path)
    assert rivals.ask("good") == {"rows": 3}
    with pytest.raises(Missing, match="bad failed: 2 of 3 rows"):
        rivals.ask("bad")
    with pytest.raises(Missing, match="comes with the sources"):
        rivals.ask("absent")
    with pytest.raises(Missing, match=r"prepare.sh benchmark"):
        Rivals(tmp_path / ".venv-benchmark" / "bin" / "python", tmp_path).ask("good")

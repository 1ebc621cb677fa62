"""Rockwell hardness carried out by the real engine, its operator reading a simulated machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import runs
from instruments.simulators.hardness import HardnessModel, Indenter
from testbed.domain.conformity import Outcome
from testbed.engine.ports import Ending, Progress, PromptKind
from testbed.methods.iso_6508_1 import RockwellHardness
from tests.testbed.engine.stage import Stage, stage

pytestmark = pytest.mark.xdist_group("rockwell")


class Operator:
    """Answers prompts for a number with what a machine over this steel shows."""

    def __init__(self, opened: Stage) -> None:
        self.opened = opened
        self.indenter = Indenter(HardnessModel(hardness=450.0, spread=2.0), 1)
        self.asked: list[str] = []
        self.last = 0
        opened.answer = self.look  # type: ignore[method-assign]

    def look(self, progress: Progress) -> tuple[()]:
        prompt = progress.prompt
        if prompt is None or prompt.number == self.last:
            return ()
        self.last = prompt.number
        self.asked.append(prompt.code)
        said = prompt.options[0] if prompt.options else ""
        if prompt.kind is PromptKind.NUMBER:
            hardness = self.indenter.hrc()
            depth = prompt.code == "prompt.iso-6508-1.depth"
            said = f"{(100.0 - hardness) * 2.0:.2f} um" if depth else f"{hardness:.2f}"
        self.opened.steering.answer(prompt.number, said)
        return ()


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    # No instrument of the bench is asked for anything.
    with stage("utm-1", tmp_path) as opened:
        yield Operator(opened)


@pytest.mark.parametrize("reading", ["hardness", "depth"])
def test_the_operator_reads_block_and_piece(
    operator: Operator, tmp_path: Path, reading: str
) -> None:
    file = tmp_path / "R-1.h5"
    given = {"reading": reading, "block_hardness": 45.3, "block_count": 3.0, "count": 4.0}
    result = operator.opened.run(file, RockwellHardness.id, given)
    assert (result.ending, result.outcome) == (Ending.COMPLETED, Outcome.NOT_JUDGED), result
    values = {each.measurand: each.value for each in result.judgements}
    # 450 HV are 45.3 HRC (ISO 18265); four standard deviations of a mean of four are 0.4 HRC.
    assert values["mean_hardness"] == pytest.approx(45.3, abs=0.4)
    assert operator.asked.count(f"prompt.iso-6508-1.{reading}") == 7
    with runs.open(file) as dataset:
        assert dataset["on_block"].to_numpy().tolist() == [1.0] * 3 + [0.0] * 4
        assert dataset["depth"].to_numpy() == pytest.approx([0.109] * 7, abs=0.002)
    assert {f.code for f in result.findings} >= {"block-in-order", "hardness-notation"}


def test_a_failed_check_leaves_the_piece_alone_and_the_run_invalid(
    operator: Operator, tmp_path: Path
) -> None:
    given = {"block_hardness": 48.0}
    result = operator.opened.run(tmp_path / "R-2.h5", RockwellHardness.id, given)
    assert result.outcome is Outcome.INVALID
    assert result.rows == 5
    assert "prompt.iso-6508-1.mount" not in operator.asked

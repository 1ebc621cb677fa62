"""Vickers hardness carried out by the real engine, over a simulated serial line."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import runs
from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from testbed.domain.conformity import Outcome
from testbed.engine.ports import Ending
from testbed.methods.iso_6507_1 import VickersHardness
from tests.testbed.engine.stage import Stage

BENCH = """
name = "hardness"
title = {ko = "경도 시험대", en = "Hardness bench"}
[roles.hardness]
driver = "tb_vickers"
serial = "HV50-1"
equipment = "EQ-023"
[simulator]
clock = "virtual"
[simulator.hardness]
hardness = 400.0
spread = 3.0
"""

pytestmark = pytest.mark.xdist_group("vickers")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    directory = tmp_path_factory.mktemp("hardness")
    path = directory / "hardness.toml"
    path.write_text(BENCH, encoding="utf-8")
    simulator = simulation.start(path, directory / "state", ("--clock", "virtual"))
    opened = Stage(read_bench(path).bench("@py", simulator.announcement), simulator)
    try:
        yield opened
    finally:
        opened.close()
        simulator.stop()


def values(result) -> dict[str, float | None]:
    return {each.measurand: each.value for each in result.judgements}


def codes(result) -> set[str]:
    return {finding.code for finding in result.findings}


def test_a_machine_in_order_measures_the_piece(bench: Stage, tmp_path: Path) -> None:
    # The simulated surface serves as block and as piece: its mean is 400 HV, spread 3 HV.
    given = {"scale": "HV30", "block_hardness": 400.0, "count": 8.0, "thickness": 5.0}
    result = bench.run(tmp_path / "R-1.h5", VickersHardness.id, given)
    assert result.ending is Ending.COMPLETED, result
    assert result.outcome is Outcome.NOT_JUDGED
    found = values(result)
    # Four standard deviations of a mean of 8: 4 * 3 / sqrt(8) = 4.2 HV.
    assert found["mean_hardness"] == pytest.approx(400.0, abs=4.3)
    assert found["hardness_range"] < 6 * 3.0
    assert abs(found["block_bias"]) < 4 * 3.0 / 5**0.5
    assert "block-in-order" in codes(result)
    assert result.rows == 13
    assert result.safe


def test_the_record_tells_block_from_piece(bench: Stage, tmp_path: Path) -> None:
    file = tmp_path / "R-2.h5"
    bench.run(file, VickersHardness.id, {"scale": "HV10", "block_hardness": 400.0, "dwell": 20.0})
    with runs.open(file, decode_times=False) as dataset:
        # A cycle takes 11 s beside the dwell of 20 s (docs/reference/vickers-protocol.md), and the
        # table half a second to come to rest.
        assert np.diff(dataset["time"].to_numpy()) == pytest.approx([31.5] * 9, abs=1.0)
        assert dataset["on_block"].to_numpy().tolist() == [1.0] * 5 + [0.0] * 5
        assert dataset["indentation"].to_numpy().tolist() == list(range(1, 11))
        assert set(dataset["test_force"].to_numpy()) == {98.07}
        assert dataset["diagonal_1"].attrs["units"] == "mm"
        assert dataset["diagonal_1"].attrs["instrument_serial"] == "HV50-1"


def test_a_failed_check_leaves_the_piece_alone_and_the_run_invalid(
    bench: Stage, tmp_path: Path
) -> None:
    # 400 HV found on a block of 420 HV: 4.8 % off, where 3 % are permissible.
    result = bench.run(tmp_path / "R-3.h5", VickersHardness.id, {"block_hardness": 420.0})
    assert result.ending is Ending.COMPLETED
    assert result.outcome is Outcome.INVALID
    assert "block-bias" in codes(result)
    assert result.rows == 5
    reasons = {each.measurand: each.reason for each in result.judgements}
    assert reasons["mean_hardness"] == "reason.no-indentation"


def test_without_a_block_the_run_says_so(bench: Stage, tmp_path: Path) -> None:
    result = bench.run(tmp_path / "R-4.h5", VickersHardness.id, {"dwell": 20.0, "scale": "HV30"})
    assert "no-daily-check" in codes(result)
    text = next(f.values["text"] for f in result.findings if f.code == "hardness-notation")
    assert text.endswith(" HV30/20")
    assert values(result)["block_bias"] is None


def test_a_force_that_the_machine_lacks_is_refused(bench: Stage, tmp_path: Path) -> None:
    result = bench.run(tmp_path / "R-5.h5", VickersHardness.id, {"scale": "HV100"})
    assert result.ending is Ending.ERROR
    assert result.safe

"""Rockwell hardness against its definition and simulated indentations."""

import math

import numpy as np
import pytest
import xarray
from hypothesis import given
from hypothesis import strategies as st

from instruments.simulators.hardness import HardnessModel, Indenter, rockwell
from testbed.evaluation.rockwell import (
    check_rockwell_block,
    depth_of,
    evaluate_rockwell,
    rockwell_hardness,
    rockwell_uncertainty,
)
from testbed.methods.iso_6508_1 import RockwellHardness
from testbed.procedure import Evaluation, complete_parameters, method_data

DATA = method_data("testbed.methods", RockwellHardness.id, RockwellHardness.version)
HRC = DATA["scales"]["HRC"]


def record(hardness, on_block=None, scale="HRC") -> xarray.Dataset:
    depth = np.array([depth_of(each, DATA["scales"][scale]) for each in hardness], float)
    rows = {"depth": depth, "on_block": np.zeros(len(depth)) if on_block is None else on_block}
    return xarray.Dataset({n: ("time", np.asarray(v, float)) for n, v in rows.items()})


def evaluate(dataset: xarray.Dataset, **chosen) -> Evaluation:
    return evaluate_rockwell(dataset, complete_parameters(RockwellHardness, chosen), DATA)


def value(evaluation: Evaluation, name: str) -> float | None:
    return evaluation.values[name].value


def codes(evaluation: Evaluation) -> set[str]:
    return {finding.code for finding in evaluation.findings}


def invalid(evaluation: Evaluation) -> set[str]:
    return {finding.code for finding in evaluation.findings if finding.invalidates}


@pytest.mark.parametrize(
    ("scale", "depth", "hardness"),
    # ISO 6508-1, table 1: HRC = 100 - h/0.002, HRB = 130 - h/0.002, HRN and HRT = 100 - h/0.001.
    [("HRC", 0.08, 60.0), ("HRBW", 0.1, 80.0), ("HR30N", 0.03, 70.0), ("HR15TW", 0.02, 80.0)],
)
def test_hardness_is_what_the_scale_makes_of_the_depth(scale, depth, hardness):
    (found,) = rockwell_hardness(np.array([depth]), DATA["scales"][scale])
    assert found == pytest.approx(hardness)
    assert depth_of(hardness, DATA["scales"][scale]) == pytest.approx(depth)


def test_every_scale_that_is_offered_has_its_numbers():
    assert set(RockwellHardness.scale.options) == set(DATA["scales"])
    for scale in DATA["scales"].values():
        # The scale's own number is its hardness at no depth: every hardness has a limit.
        assert scale["bias"][-1][0] >= scale["range"][1]
        assert [up_to for up_to, _ in scale["bias"]] == sorted(u for u, _ in scale["bias"])


@given(
    hardness=st.lists(st.floats(20.0, 70.0), min_size=3, max_size=10), step=st.floats(-10.0, 10.0)
)
def test_mean_and_range_do_not_depend_on_order_and_move_with_the_hardness(hardness, step):
    found, turned = evaluate(record(hardness)), evaluate(record(hardness[::-1]))
    moved = evaluate(record([each + step for each in hardness]))
    assert value(found, "mean_hardness") == pytest.approx(np.mean(hardness), abs=1e-9)
    assert value(turned, "mean_hardness") == pytest.approx(value(found, "mean_hardness"))
    assert value(moved, "mean_hardness") == pytest.approx(np.mean(hardness) + step, abs=1e-9)
    assert value(moved, "hardness_range") == pytest.approx(np.ptp(hardness), abs=1e-9)


def test_notation_and_number_of_indentations():
    found = evaluate(record([59.0, 60.0, 61.0]), count=5.0)
    (text,) = [f.values["text"] for f in found.findings if f.code == "hardness-notation"]
    assert text == "60.0 HRC"
    assert "indentations-missing" in codes(found)
    assert evaluate(record([60.0] * 2)).values["mean_hardness"].reason == "reason.few-indentations"
    assert evaluate(record([])).values["mean_hardness"].reason == "reason.no-indentation"


def test_outside_the_range_of_the_scale_is_told():
    assert "hardness-outside-scale" in codes(evaluate(record([19.9, 25.0, 25.0])))
    assert "hardness-outside-scale" not in codes(evaluate(record([20.0, 70.0, 45.0])))


@pytest.mark.parametrize(("scale", "depths"), [("HRC", 10.0), ("HRBW", 15.0)])
def test_a_piece_is_many_depths_thick(scale, depths):
    rows = record([60.0, 60.0, 59.0], scale=scale)
    needed = depths * depth_of(59.0, DATA["scales"][scale])
    assert invalid(evaluate(rows, scale=scale, thickness=needed)) == set()
    assert invalid(evaluate(rows, scale=scale, thickness=needed * 0.99)) == {"test-piece-too-thin"}


def test_depths_that_are_none_are_left_out_and_counted():
    rows = record([60.0, 60.0, 60.0, 101.0, math.nan])
    found = evaluate(rows)
    assert value(found, "mean_hardness") == pytest.approx(60.0)
    assert next(f for f in found.findings if f.code == "rows-unusable").values["count"] == 2


def checked(block, certified=60.0, **chosen):
    rows = record([*block, 50.0, 50.0, 50.0], on_block=[1.0] * len(block) + [0.0] * 3)
    return evaluate(rows, block_hardness=certified, count=3.0, **chosen)


def test_bias_and_scatter_of_the_block_decide_at_their_limits():
    # HRC: 1.5 HRC either way; a range of 0.02 (100 - 60) = 0.8 HRC.
    assert invalid(checked([61.5] * 3)) == invalid(checked([58.5] * 3)) == set()
    assert invalid(checked([61.51] * 3)) == invalid(checked([58.49] * 3)) == {"block-bias"}
    assert invalid(checked([60.4, 59.6])) == set()
    assert invalid(checked([60.41, 59.6])) == {"block-repeatability"}
    assert value(checked([60.4, 59.8]), "block_bias") == pytest.approx(0.1)
    assert value(checked([60.4, 59.8]), "mean_hardness") == pytest.approx(50.0)


def test_a_soft_block_may_scatter_more():
    # 0.02 (100 - 20) = 1.6 HRC.
    check = check_rockwell_block(np.array([depth_of(20.0, HRC)]), 20.0, HRC)
    assert check.permissible_repeatability == pytest.approx(1.6)


def test_a_block_that_was_named_has_to_be_measured():
    assert invalid(checked([60.0])) == {"block-not-measured"}
    assert "no-daily-check" in codes(evaluate(record([60.0] * 3)))


def test_uncertainty_takes_what_the_block_says():
    rows = record([60.2, 60.4, 60.3, 50.1, 50.0, 49.9], on_block=[1, 1, 1, 0, 0, 0])
    given = {"block_hardness": 60.0, "block_uncertainty": 0.4, "resolution": 0.1}
    found = rockwell_uncertainty(rows, complete_parameters(RockwellHardness, given), DATA)
    assert found.budget.row("block").contribution == pytest.approx(0.2)
    assert found.budget.row("reading").contribution == pytest.approx(0.1 / math.sqrt(12.0))
    assert found.budget.row("mean").contribution == pytest.approx(0.1 / math.sqrt(3.0))
    assert found.bias == pytest.approx(0.3)
    unknown = complete_parameters(RockwellHardness, {"block_hardness": 60.0})
    without = rockwell_uncertainty(rows, unknown, DATA)
    assert without.budget.row("machine").contribution == pytest.approx(1.5 / math.sqrt(3.0))


def test_simulated_indentations_give_the_hardness_of_their_steel():
    """2,000 series of five on a steel of 450 HV; ISO 18265 makes it 45.3 HRC."""
    model = HardnessModel(hardness=450.0, spread=3.0)
    truth = rockwell(model.hardness)
    # Slopes of the conversion on either side of its knot: 4.5 HRC/50 HV, 3.8 HRC/50 HV.
    deviation = math.hypot(0.083 * model.spread, model.reading / HRC["unit"]) / math.sqrt(5.0)
    means = []
    for seed in range(2000):
        indenter = Indenter(model, seed)
        means.append(value(evaluate(record([indenter.hrc() for _ in range(5)])), "mean_hardness"))
    assert np.mean(means) == pytest.approx(truth, abs=0.02)
    within = np.mean(np.abs(np.array(means) - truth) <= 2.0 * deviation)
    assert 0.93 <= within <= 0.97

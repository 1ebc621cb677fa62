"""Vickers hardness against its definition, the printed constant and simulated indentations."""

import math

import numpy as np
import pytest
import xarray
from hypothesis import given
from hypothesis import strategies as st

from instruments.simulators.hardness import HardnessModel, Indenter
from testbed.evaluation.hardness import evaluate_vickers, vickers_uncertainty
from testbed.evaluation.vickers import (
    curvature_factor,
    diagonal_of,
    notation,
    permissible_bias,
    permissible_repeatability,
    vickers_constant,
    vickers_hardness,
)
from testbed.methods.iso_6507_1 import VickersHardness
from testbed.procedure import Evaluation, complete_parameters, method_data

DATA = method_data("testbed.methods", VickersHardness.id, VickersHardness.version)
CONSTANT = DATA["formula"]["constant"]
HV10 = DATA["forces"]["HV10"]


def record(first, second=None, **columns) -> xarray.Dataset:
    first = np.asarray(first, float)
    second = first if second is None else np.asarray(second, float)
    rows = {"diagonal_1": first, "diagonal_2": second, **columns}
    return xarray.Dataset({n: ("time", np.asarray(v, float)) for n, v in rows.items()})


def evaluate(dataset: xarray.Dataset, **chosen) -> Evaluation:
    return evaluate_vickers(dataset, complete_parameters(VickersHardness, chosen), DATA)


def value(evaluation: Evaluation, name: str) -> float | None:
    return evaluation.values[name].value


def codes(evaluation: Evaluation) -> set[str]:
    return {finding.code for finding in evaluation.findings}


def invalid(evaluation: Evaluation) -> set[str]:
    return {finding.code for finding in evaluation.findings if finding.invalidates}


def left(hardness, scale="HV10"):
    """Diagonals [mm] that indentations of these hardnesses [HV] have."""
    force = DATA["forces"][scale]
    return np.array([diagonal_of(force, each, CONSTANT) for each in hardness])


def test_the_printed_constant_is_that_of_the_definition():
    exact = vickers_constant(DATA["formula"]["factor"], DATA["formula"]["angle"])
    # ISO 6507-1, table 1; gum/acceptance_values.json gives the first six digits, 0.189145.
    assert 0.189145 <= exact < 0.189146
    assert abs(exact - CONSTANT) < 5e-5
    assert CONSTANT == 0.1891


def test_standard_forces_are_kilograms_force_as_the_standard_rounds_them():
    for scale, force in DATA["forces"].items():
        # Table 2 gives four digits of n * 9.80665 N.
        assert force == pytest.approx(float(scale.removeprefix("HV")) * 9.80665, rel=4e-4)
    assert set(VickersHardness.scale.options) == set(DATA["forces"])


def test_a_diagonal_of_a_tenth_of_a_millimetre_at_ten_kilograms():
    # ISO 6507-4, HV10: 1.8544 * 10 / 0.1**2 = 1854.
    (hardness,) = vickers_hardness(HV10, np.array([0.1]), CONSTANT)
    assert hardness == pytest.approx(1854.0, abs=1.0)


def test_mean_range_and_deviation_of_known_hardnesses():
    found = evaluate(record(left([638.0, 640.0, 642.0, 645.0, 635.0])))
    assert value(found, "mean_hardness") == pytest.approx(640.0)
    assert value(found, "hardness_range") == pytest.approx(10.0)
    assert value(found, "hardness_deviation") == pytest.approx(math.sqrt(58.0 / 4.0))
    assert invalid(found) == set()


@given(
    hardness=st.lists(st.floats(20.0, 1500.0), min_size=3, max_size=12),
    scale=st.sampled_from(sorted(DATA["forces"])),
)
def test_hardness_does_not_depend_on_force_or_on_order(hardness, scale):
    diagonals = left(hardness, scale)
    found = evaluate(record(diagonals), scale=scale, count=3.0)
    turned = evaluate(record(diagonals[::-1]), scale=scale, count=3.0)
    assert value(found, "mean_hardness") == pytest.approx(np.mean(hardness), rel=1e-9)
    assert value(found, "mean_hardness") == pytest.approx(value(turned, "mean_hardness"), rel=1e-12)
    assert value(found, "hardness_range") == pytest.approx(
        np.ptp(hardness), abs=1e-9 * max(hardness)
    )


@given(scaled=st.floats(0.5, 2.0))
def test_hardness_falls_with_the_square_of_the_diagonal(scaled):
    diagonals = left([300.0, 310.0, 305.0])
    once, again = (evaluate(record(d), count=3.0) for d in (diagonals, diagonals * scaled))
    assert value(again, "mean_hardness") == pytest.approx(
        value(once, "mean_hardness") / scaled**2, rel=1e-9
    )


def test_unequal_diagonals_are_told_but_the_result_stands():
    mean = left([400.0] * 3)
    # Exactly 5 % of the mean is no more than 5 %.
    at = evaluate(record(mean * 1.025, mean * 0.975), count=3.0)
    beyond = evaluate(record(mean * 1.0251, mean * 0.9749), count=3.0)
    assert "diagonals-unequal" not in codes(at)
    assert "diagonals-unequal" in codes(beyond)
    assert invalid(beyond) == set()
    assert value(beyond, "mean_hardness") == pytest.approx(400.0)


@pytest.mark.parametrize(
    ("name", "diagonals", "material", "code"),
    [
        ("spacing", 3.0, "steel", "spacing-too-small"),
        ("spacing", 6.0, "light-metal", "spacing-too-small"),
        ("edge", 2.5, "steel", "edge-too-near"),
        ("edge", 3.0, "light-metal", "edge-too-near"),
        ("thickness", 1.5, "steel", "test-piece-too-thin"),
        ("thickness", 1.5, "light-metal", "test-piece-too-thin"),
    ],
)
def test_too_little_room_makes_a_run_invalid(name, diagonals, material, code):
    rows = record(left([100.0, 110.0, 120.0]))
    needed = diagonals * float(left([100.0])[0])
    enough = evaluate(rows, count=3.0, material=material, **{name: needed})
    short = evaluate(rows, count=3.0, material=material, **{name: needed * 0.999})
    assert invalid(enough) == set()
    assert invalid(short) == {code}


def test_a_diagonal_that_the_standard_does_not_cover_is_told():
    assert "diagonal-outside-scope" in codes(evaluate(record([0.019, 0.03, 0.03]), count=3.0))
    assert "diagonal-outside-scope" in codes(evaluate(record([1.41, 1.3, 1.3]), count=3.0))
    assert "diagonal-outside-scope" not in codes(evaluate(record([0.02, 0.5, 1.4]), count=3.0))


@pytest.mark.parametrize(
    ("hardness", "scale", "dwell", "text"),
    [
        (640.0, "HV30", 20.0, "640 HV30/20"),
        (640.4, "HV30", 14.0, "640 HV30"),
        (640.0, "HV1", 10.0, "640 HV1"),
        (640.0, "HV1", 9.9, "640 HV1/9.9"),
        (99.94, "HV5", 15.0, "99.9 HV5"),
        (1391.3, "HV0.5", 15.1, "1391 HV0.5/15.1"),
    ],
)
def test_notation_is_that_of_the_standard(hardness, scale, dwell, text):
    assert notation(hardness, scale, dwell, DATA["notation"]) == text


def test_rows_that_are_no_indentations_are_left_out_and_counted():
    rows = record([*left([300.0] * 3), np.nan, 0.0, -0.1, np.inf])
    found = evaluate(rows, count=3.0)
    assert value(found, "mean_hardness") == pytest.approx(300.0)
    (unusable,) = [f for f in found.findings if f.code == "rows-unusable"]
    assert unusable.values["count"] == 4


@pytest.mark.parametrize(("count", "reason"), [(0, "no-indentation"), (2, "few-indentations")])
def test_too_few_indentations_have_no_mean(count, reason):
    found = evaluate(record(left([300.0] * count)))
    assert found.values["mean_hardness"].reason == f"reason.{reason}"
    assert found.values["hardness_range"].value is None


def test_fewer_than_declared_are_told():
    assert "indentations-missing" in codes(evaluate(record(left([300.0] * 4)), count=5.0))
    assert "indentations-missing" not in codes(evaluate(record(left([300.0] * 5)), count=5.0))


def test_another_force_than_the_nominal_makes_a_run_invalid():
    diagonals = left([300.0] * 3)
    within = record(diagonals, test_force=[HV10 * 1.01] * 3)
    beyond = record(diagonals, test_force=[HV10, HV10 * 0.98, HV10])
    assert "test-force-off" not in codes(evaluate(within))
    assert "test-force-off" in invalid(evaluate(beyond))


def test_a_machine_that_shows_another_hardness_is_told():
    diagonals = left([300.0] * 3)
    assert "indication-differs" in codes(
        evaluate(record(diagonals, indicated_hardness=[300.0, 300.0, 302.0]))
    )
    assert "indication-differs" not in codes(
        evaluate(record(diagonals, indicated_hardness=[300.0, 300.1, 299.9]))
    )


def checked(block, certified=400.0, **chosen):
    """A run with these hardnesses on the block and a piece in order."""
    diagonals = np.concatenate((left(block), left([300.0, 301.0, 299.0])))
    on_block = [1.0] * len(block) + [0.0] * 3
    rows = record(diagonals, on_block=on_block)
    return evaluate(rows, block_hardness=certified, count=3.0, **chosen)


def test_a_block_within_its_limits_lets_the_result_stand():
    found = checked([402.0, 400.0, 401.0, 399.0, 403.0])
    assert value(found, "block_bias") == pytest.approx(1.0)
    assert value(found, "mean_hardness") == pytest.approx(300.0, abs=0.01)
    assert "block-in-order" in codes(found)
    assert invalid(found) == set()


def test_the_bias_of_the_block_decides_at_its_limit():
    # d at 400 HV10 is 0.2153 mm: 3 % of 400 HV are 12 HV either way.
    for side in (1.0, -1.0):
        assert invalid(checked([400.0 + 12.0 * side] * 5)) == set()
        assert invalid(checked([400.0 + 12.01 * side] * 5)) == {"block-bias"}


def test_scatter_on_the_block_decides_by_its_diagonals():
    # Above 225 HV and from HV5 on, 2 % of the mean diagonal are permissible.
    d = float(left([400.0])[0])
    hardness = [float(h) for h in vickers_hardness(HV10, np.array([1.0101, 0.99]) * d, CONSTANT)]
    assert invalid(checked([*hardness, 400.0])) == {"block-repeatability"}
    inside = [float(h) for h in vickers_hardness(HV10, np.array([1.0099, 0.99]) * d, CONSTANT)]
    assert invalid(checked([*inside, 400.0])) == set()


@pytest.mark.parametrize("count", [0, 1])
def test_a_block_that_was_named_has_to_be_measured(count):
    assert invalid(checked([400.0] * count)) == {"block-not-measured"}


def uncertain(block, **chosen):
    diagonals = np.concatenate((left(block), left([300.0, 301.0, 299.0])))
    rows = record(diagonals, on_block=[1.0] * len(block) + [0.0] * 3)
    return vickers_uncertainty(rows, complete_parameters(VickersHardness, chosen), DATA)


def test_the_uncertainty_of_a_run_takes_what_its_block_says():
    known = {"block_hardness": 400.0, "block_uncertainty": 4.0, "resolution": 5e-4}
    found = uncertain([402.0, 404.0, 403.0], **known)
    assert found.bias == pytest.approx(3.0)
    assert found.budget.row("block").contribution == pytest.approx(2.0)
    diagonal = float(left([300.0])[0])
    step = 2 * 300.0 / diagonal * 5e-4
    assert found.budget.row("reading").contribution == pytest.approx(step / 12**0.5, rel=1e-3)
    assert found.expanded == pytest.approx(found.budget.expanded + 3.0)


def test_the_mean_of_a_run_has_its_budget_with_the_bias_added():
    found = checked([402.0, 404.0, 403.0], block_uncertainty=4.0)
    budget = found.budgets["mean_hardness"]
    assert budget.estimate == pytest.approx(value(found, "mean_hardness"))
    assert budget.expanded == pytest.approx(budget.factor * budget.uncertainty + 3.0)
    assert (budget.high - budget.low) / 2 == pytest.approx(budget.expanded)
    assert "bias-added" in codes(found)
    assert "bias-added" not in codes(checked([402.0, 404.0, 403.0]))
    assert dict(evaluate(record(left([300.0] * 2))).budgets) == {}


def test_without_a_certified_uncertainty_the_permissible_bias_stands_in():
    for chosen in ({}, {"block_hardness": 400.0}):
        found = uncertain([402.0, 404.0, 403.0], **chosen)
        # 3 % of 300 HV, as a rectangle.
        assert found.budget.row("machine").contribution == pytest.approx(9.0 / 3**0.5, rel=1e-3)
        assert found.bias == 0.0


def test_without_a_mean_there_is_no_uncertainty():
    parameters = complete_parameters(VickersHardness, {})
    assert vickers_uncertainty(record(left([300.0] * 2)), parameters, DATA) is None


def test_block_rows_do_not_enter_the_result():
    assert value(checked([400.0] * 5), "mean_hardness") == pytest.approx(300.0, abs=0.01)


def test_limits_of_the_machine_follow_diagonal_hardness_and_force():
    rows = DATA["daily"]["bias"]
    assert permissible_bias(0.14, rows) == 3.0
    # Continuous where the rule changes, and wider for small indentations.
    assert permissible_bias(math.nextafter(0.14, 0.0), rows) == pytest.approx(3.0)
    assert permissible_bias(0.03, rows) == pytest.approx(8.5)
    table = DATA["daily"]["repeatability"]
    found = [
        permissible_repeatability(h, f, table) for h in (225.0, 226.0) for f in (0.98, 9.8, 98)
    ]
    assert found == [9.0, 6.0, 3.0, 5.0, 4.0, 2.0]


@pytest.mark.parametrize("surface", sorted(DATA["curvature"]))
def test_factors_of_curved_surfaces_run_away_from_one(surface):
    table = DATA["curvature"][surface]
    assert len(table["ratio"]) == len(table["factor"])
    assert np.all(np.diff(table["ratio"]) > 0)
    steps = np.diff([1.0, *table["factor"]])
    assert np.allclose(steps, -0.005 if surface.endswith("convex") else 0.005)


def test_a_curved_surface_is_corrected_between_the_rows_of_its_table():
    table = DATA["curvature"]["sphere-convex"]
    assert curvature_factor(np.array([0.1]), 10.0, table) == pytest.approx(
        0.990 - 0.005 * (0.010 - 0.009) / (0.013 - 0.009)
    )
    diagonals = left([300.0] * 3)
    diameter = float(diagonals[0]) / 0.1
    flat = evaluate(record(diagonals), count=3.0)
    round_ = evaluate(record(diagonals), count=3.0, surface="sphere-convex", diameter=diameter)
    assert value(round_, "mean_hardness") == pytest.approx(0.91 * value(flat, "mean_hardness"))
    assert "curvature-corrected" in codes(round_)


@pytest.mark.parametrize("diameter", [None, 0.5])
def test_a_curvature_without_a_factor_has_no_result(diameter):
    rows = record(left([300.0] * 3))
    found = evaluate(rows, count=3.0, surface="sphere-convex", diameter=diameter)
    assert found.values["mean_hardness"].reason == "reason.beyond-curvature"
    assert invalid(found) == {"curvature-unknown"}


def test_simulated_indentations_give_the_hardness_of_their_metal():
    """2,000 series of five on a metal of known mean and scatter, each read in steps of 0.1 µm."""
    model = HardnessModel(hardness=400.0, spread=4.0)
    diagonal = diagonal_of(HV10, model.hardness, CONSTANT)
    # Each mean carries the metal's scatter and that of ten readings: HV ~ d**-2.
    reading = 2.0 * model.hardness / diagonal * model.reading / math.sqrt(2.0)
    deviation = math.hypot(model.spread, reading) / math.sqrt(5.0)
    means = []
    for seed in range(2000):
        indenter = Indenter(model, seed)
        first, second = np.array([indenter.indent(HV10, 14.0) for _ in range(5)]).T
        means.append(value(evaluate(record(first, second)), "mean_hardness"))
    off = np.abs(np.array(means) - model.hardness) / deviation
    # Of 2,000 normal means, 95.45 % lie within two deviations: 95.45 ± 1.4 at three sigma.
    assert np.mean(off <= 2.0) == pytest.approx(0.9545, abs=0.014)
    assert np.max(off) < 5.0
    assert np.mean(means) == pytest.approx(model.hardness, abs=4.0 * deviation / math.sqrt(2000))

"""Uncertainty of flexural strength and modulus, and how often their intervals hold the truth."""

import math

import numpy as np
import pytest

from testbed.evaluation.flexure import evaluate_flexure
from testbed.evaluation.flexure_uncertainty import modulus_budget, strength_budget
from testbed.evaluation.series import summarise
from testbed.procedure import complete_parameters
from tests.testbed.evaluation.test_flexure import DATA, FlexureTest, record, straight

RULES = DATA["uncertainty"]
PIECE = {"span": 64.0, "width": 10.0, "thickness": 4.0}


def relative(budget, symbol: str) -> float:
    return budget.row(symbol).contribution / budget.estimate


def test_the_thickness_enters_the_strength_twice():
    found = strength_budget(100.0, **PIECE, rules=RULES)
    assert found.estimate == pytest.approx(100.0)
    root = math.sqrt(3.0)
    assert relative(found, "F") == pytest.approx(0.01 / root)
    assert relative(found, "L") == pytest.approx(0.005 / root)
    assert relative(found, "b") == pytest.approx(0.02 / 10.0 / root)
    assert relative(found, "h") == pytest.approx(2 * 0.01 / 4.0 / root)


def test_thickness_and_span_enter_the_modulus_three_times():
    found = modulus_budget(3000.0, **PIECE, rules=RULES, deviation=6.0, points=600)
    assert found.estimate == pytest.approx(3000.0)
    root = math.sqrt(3.0)
    assert relative(found, "h") == pytest.approx(3 * 0.01 / 4.0 / root)
    assert relative(found, "L") == pytest.approx(3 * 0.005 / root)
    assert relative(found, "s") == relative(found, "F") == pytest.approx(0.01 / root)
    assert found.row("slope").contribution == pytest.approx(6.0)
    assert found.row("slope").degrees_of_freedom == 598


def test_the_scatter_of_a_series_enters_its_mean():
    series = summarise([96.0, 98.0, 100.0, 102.0, 104.0])
    found = strength_budget(series.mean, **PIECE, rules=RULES, series=series)
    assert found.row("scatter").contribution == pytest.approx(math.sqrt(10.0) / math.sqrt(5.0))
    assert found.row("scatter").degrees_of_freedom == 4
    assert found.uncertainty > strength_budget(100.0, **PIECE, rules=RULES).uncertainty


def test_intervals_cover_as_often_as_they_say():
    """2,000 pieces, bent on machines whose gains and lengths are off within their half-widths."""
    random = np.random.default_rng(1782)
    parameters = complete_parameters(FlexureTest, PIECE)
    modulus, strength = 3000.0, 60.0
    stress, strain = straight(modulus, strength, 240)
    covered = np.zeros(2)
    for _ in range(2000):

        def off(half: float) -> float:
            return 1.0 + random.uniform(-half, half)

        span, width, thick = off(0.005), off(0.02 / 10.0), off(0.01 / 4.0)
        # What a piece of these true lengths shows, as if it had the nominal ones.
        force = off(0.01) * width * thick**2 / span
        noise = random.normal(0.0, 0.0005 * strength, len(stress))
        deflection = off(0.01) * span**2 / thick
        found = evaluate_flexure(
            record(stress * force + noise, strain * deflection), parameters, DATA
        ).budgets
        budgets = found["e_modulus"], found["sigma_fm"]
        covered += [
            b.low <= truth <= b.high for b, truth in zip(budgets, (modulus, strength), strict=True)
        ]
    assert np.all((covered / 2000 >= 0.93) & (covered / 2000 <= 0.97)), covered

"""Uncertainty of a mean hardness: what contributes, and how often its interval holds the truth."""

import math

import numpy as np
import pytest

from testbed.evaluation.hardness_uncertainty import hardness_uncertainty, reading_step_vickers
from testbed.evaluation.reference_block import BlockCheck

VALUES = (398.0, 400.0, 402.0, 401.0, 399.0)


def block(*values: float, certified: float = 400.0) -> BlockCheck:
    return BlockCheck(
        certified=certified,
        values=values,
        permissible_bias=12.0,
        repeatability=1.0,
        permissible_repeatability=2.0,
    )


def test_contributions_are_those_of_the_annex():
    found = hardness_uncertainty(
        VALUES,
        reading_step=0.8,
        unit="HV",
        block=block(402.0, 403.0, 404.0, 405.0, 406.0),
        block_expanded=5.0,
    )
    rows = {row.symbol: row.contribution for row in found.budget.rows}
    scatter = math.sqrt(2.5) / math.sqrt(5.0)
    assert rows["mean"] == pytest.approx(scatter)
    assert rows["reading"] == pytest.approx(0.8 / (2 * math.sqrt(3.0)))
    assert rows["block"] == pytest.approx(2.5)
    assert rows["machine"] == pytest.approx(scatter)
    assert found.budget.estimate == pytest.approx(400.0)
    assert found.bias == pytest.approx(4.0)
    # Not corrected: |b| is added to k u (ISO 6507-1, Annex D).
    assert found.expanded == pytest.approx(found.budget.expanded + 4.0)


def test_a_corrected_hardness_carries_no_bias():
    found = hardness_uncertainty(
        VALUES, reading_step=0.8, unit="HV", block=block(404.0, 404.0), block_expanded=5.0,
        corrected=True,
    )  # fmt: skip
    assert found.budget.estimate == pytest.approx(396.0)
    assert found.bias == 0.0
    assert found.expanded == found.budget.expanded


def test_without_a_block_the_permissible_bias_stands_in():
    found = hardness_uncertainty(VALUES, reading_step=0.8, unit="HV", permissible_bias=12.0)
    assert found.budget.row("machine").contribution == pytest.approx(12.0 / math.sqrt(3.0))
    with pytest.raises(ValueError, match="no block"):
        hardness_uncertainty(VALUES, reading_step=0.8, unit="HV", corrected=True)


def test_a_single_indentation_has_no_scatter():
    with pytest.raises(ValueError, match="observation"):
        hardness_uncertainty((400.0,), reading_step=0.8, unit="HV", permissible_bias=12.0)


def test_a_step_of_the_diagonal_is_a_step_of_the_hardness():
    # HV = c/d²: dHV = 2 HV/d dd; here against the difference of two hardnesses.
    exact = 18.545 / 0.20995**2 - 18.545 / 0.21005**2
    assert reading_step_vickers(18.545 / 0.21**2, 0.21, 1e-4) == pytest.approx(exact, rel=1e-6)


def test_the_interval_of_a_corrected_hardness_covers_as_often_as_it_says():
    """2,000 machines, each with a bias of its own, found on a block that is not as certified."""
    random = np.random.default_rng(6507)
    truth, expanded = 300.0, 4.0
    covered = stated = 0
    for _ in range(2000):
        bias = random.normal(0.0, 4.0)
        really = 400.0 + random.normal(0.0, expanded / 2.0)
        found = {
            corrected: hardness_uncertainty(
                random.normal(truth + bias, 3.0, 5),
                reading_step=0.2,
                unit="HV",
                block=block(*random.normal(really + bias, 2.5, 5)),
                block_expanded=expanded,
                corrected=corrected,
            )
            for corrected in (True, False)
        }
        covered += found[True].budget.low <= truth <= found[True].budget.high
        stated += abs(found[False].budget.estimate - truth) <= found[False].expanded
    assert 0.93 <= covered / 2000 <= 0.97
    # With |b| added instead, the interval is wider than it says: never below.
    assert stated / 2000 >= 0.95

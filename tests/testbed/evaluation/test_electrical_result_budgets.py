"""Budgets that efficiencies, contact resistances and impedances are handed out with."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.evaluation.efficiency_budget import Share, percent_budget, power_input
from testbed.evaluation.impedance import compensated
from testbed.evaluation.impedance_budget import (
    Residual,
    residual_budget,
    uncertainty_compensated,
)
from testbed.evaluation.resistance_budget import Reversals, reversal_budgets
from tests.testbed.evaluation import test_efficiency, test_impedance, test_resistance

RULES = {"voltage": 0.1, "current": 0.1, "temperature": 1.0, "alpha": 5.0}


def share(weight, out, into, *, off=math.nan, scatter=0.0):
    return Share(
        weight=weight, output_power=out, input_power=into, output_uncertainty=off,
        input_uncertainty=off, scatter=scatter, samples=61,
    )  # fmt: skip


def of_shares(shares, permitted=0.2):
    sides = [power_input(f"g_{short}", shares, side, permitted)
             for short, side in (("out", "output"), ("in", "input"))]  # fmt: skip
    return percent_budget("cec", shares, *sides)


def combined(budget):
    """Combined standard uncertainty of first order, whatever the simulation made of it."""
    return math.hypot(*(row.contribution for row in budget.rows))


def reversals(resistance, *, stated=(None, None, None), offset=None, alpha=0.0, celsius=23.0):
    names = ("test_voltage", "test_current", "specimen_temperature")
    return Reversals(
        resistance=np.array(resistance),
        offset=np.zeros(len(resistance)) if offset is None else np.array(offset),
        temperature=np.full(2 * len(resistance), celsius),
        voltage=5e-4,
        current=0.1,
        alpha=alpha,
        reference=20.0,
        stated=dict(zip(names, stated, strict=True)),
    )


def test_every_value_that_may_have_a_limit_has_its_uncertainty():
    f, z = test_impedance.spectrum()
    found = [
        test_efficiency.evaluated(test_efficiency.record((9.0, 12.0)), lowest_voltage=9.0),
        test_resistance.evaluated(test_resistance.record()),
        test_impedance.evaluated(test_impedance.record(z, frequencies=f), circuit="R0-p(R1,C1)"),
    ]
    for each in found:
        there = {name for name, value in each.values.items() if value.value is not None}
        assert set(each.budgets) == there
        for name, budget in each.budgets.items():
            assert budget.measurand == name
            assert budget.low <= each.values[name].value <= budget.high, name
    assert "cec_high" not in found[0].budgets


def test_an_analyser_errs_at_all_points_in_the_same_direction():
    # GUM, 5.2.2, note 1: with r = 1 the contributions add up, not their squares; so a weighted
    # efficiency is known no better than each of its points. 0.2 % of each power, rectangular.
    one, four = of_shares([share(1.0, 8.0, 10.0)]), of_shares([share(0.25, 8.0, 10.0)] * 4)
    assert combined(four) == pytest.approx(combined(one))
    assert combined(one) == pytest.approx(80.0 * 0.002 / math.sqrt(3.0) * math.sqrt(2.0))


def test_each_point_counts_with_the_uncertainty_of_its_own_range():
    shares = [share(0.5, 8.0, 10.0, off=0.08), share(0.5, 0.8, 1.0, off=0.008)]
    assert combined(of_shares(shares)) == pytest.approx(80.0 * math.hypot(0.01, 0.008))
    coarse = [share(0.5, 8.0, 10.0, off=0.08), share(0.5, 0.8, 1.0, off=0.08)]
    assert combined(of_shares(coarse)) > 5.0 * combined(of_shares(shares))


def test_a_point_that_stated_nothing_has_what_is_permitted():
    shares = [share(0.5, 8.0, 10.0, off=1e-6), share(0.5, 0.8, 1.0)]
    assert combined(of_shares(shares)) == pytest.approx(
        80.0 * 0.002 / math.sqrt(3.0) * math.sqrt(2.0)
    )


def test_scatter_of_points_averages_out():
    sharp = dict.fromkeys(("output", "input"), 0.0)
    shares = [share(0.25, 8.0, 10.0, scatter=0.01)] * 4
    sides = [power_input(f"g_{short}", shares, side, sharp[side])
             for short, side in (("out", "output"), ("in", "input"))]  # fmt: skip
    assert combined(percent_budget("cec", shares, *sides)) == pytest.approx(80.0 * 0.01 / 2.0)


def test_the_offset_of_a_voltmeter_is_no_part_of_its_gain():
    flat = [0.005, 0.005]
    # 17 % of the voltage, most of it offset: the gain is at most what is permitted of one.
    loose = reversal_budgets(reversals(flat, stated=(8.7e-5, None, None)), RULES)["resistance"]
    assert loose.uncertainty == pytest.approx(0.005 * 0.001 * math.sqrt(2.0 / 3.0), rel=1e-6)
    sharp = reversal_budgets(reversals(flat, stated=(5e-9, 1e-6, None)), RULES)["resistance"]
    assert sharp.uncertainty == pytest.approx(0.005 * 1e-5 * math.sqrt(2.0), rel=1e-6)


def test_reduction_to_the_reference_adds_temperature_and_coefficient():
    found = reversal_budgets(reversals([0.005, 0.005], alpha=0.004, celsius=30.0), RULES)
    factor = 1.0 + 0.004 * 10.0
    assert found["reference_resistance"].estimate == pytest.approx(0.005 / factor)
    relative = [0.001, 0.001, 0.004 * 1.0 / factor, 10.0 * 0.05 * 0.004 / factor]
    expected = 0.005 / factor * math.hypot(*relative) / math.sqrt(3.0)
    assert found["reference_resistance"].uncertainty == pytest.approx(expected, rel=1e-6)
    assert found["resistance"].uncertainty < found["reference_resistance"].uncertainty


def test_a_thermal_voltage_that_creeps_does_not_drop_out():
    steady = reversal_budgets(reversals([0.005] * 5, offset=[1e-4] * 5), RULES)["resistance"]
    creeping = [1e-4 + n * 1e-6 for n in range(5)]
    found = reversal_budgets(reversals([0.005] * 5, offset=creeping), RULES)["resistance"]
    # Half of 1 uV passes between both readings of a reversal; R errs by that over 2 I.
    assert found.row("de").contribution == pytest.approx(0.5e-6 / math.sqrt(3.0) / 0.2)
    assert found.uncertainty > steady.uncertainty


complexes = st.builds(complex, st.floats(10.0, 1e3), st.floats(-1e3, 1e3))


@given(z=complexes, leads=st.floats(0.01, 1.0), farad=st.floats(1e-13, 1e-9))
def test_uncertainty_through_a_fixture_is_that_of_small_changes(z, leads, farad):
    opened, shorted = leads - 1j / (2e5 * math.pi * farad), complex(leads, leads)
    readings = {"m": z, "o": opened, "s": shorted}

    def corrected(m, o, s):
        return complex(compensated([m], opened=[o], shorted=[s])[0])

    parts = []
    for name, size in (("m", 1e-3), ("o", abs(opened) * 1e-4), ("s", 1e-3)):
        step = 1e-3 * size
        changed = corrected(**{**readings, name: readings[name] + step})
        parts.append(abs(changed - corrected(**readings)) / step * size)
    found = uncertainty_compensated(
        [z], [1e-3], opened=([opened], [abs(opened) * 1e-4]), shorted=([shorted], [1e-3])
    )
    assert found[0] == pytest.approx(math.hypot(*parts), rel=1e-3, abs=1e-7)


def test_an_uncertainty_is_that_of_the_reference_frequency_alone():
    f, z = test_impedance.spectrum()
    record = test_impedance.record(z, frequencies=f)
    off = np.where(f == 10.0, 0.01, 1e6)
    record["impedance_uncertainty"] = ("time", off)
    assert test_impedance.evaluated(record).budgets["magnitude"].uncertainty == pytest.approx(0.01)
    record["impedance_uncertainty"] = ("time", np.full(len(f), math.nan))
    found = test_impedance.evaluated(record).budgets["magnitude"]
    assert found.uncertainty == pytest.approx(0.005 / math.sqrt(3.0) * found.estimate, rel=1e-3)


def test_a_residual_is_as_uncertain_as_it_has_few_points():
    # GUM, table E.1: the standard deviation of s of 50 observations is 10 % of it.
    found = residual_budget("plausibility", Residual(value=0.3, degrees_of_freedom=49))
    assert found.uncertainty / 0.3 == pytest.approx(0.10, abs=0.002)

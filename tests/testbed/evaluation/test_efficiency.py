"""Efficiencies from synthetic records, weights, settling, and the model of an inverter."""

import math

import numpy as np
import pytest
import xarray
from hypothesis import given
from hypothesis import strategies as st

from testbed.evaluation.efficiency import (
    drift,
    evaluate_efficiency,
    relative_uncertainty,
    weighted_efficiency,
    weighted_uncertainty,
)
from testbed.evaluation.electrical_budgets import efficiency_budget
from testbed.evaluation.inverter_model import SandiaModel, fit_sandia
from testbed.evaluation.uncertainty.sources import standard
from testbed.methods.power_efficiency import PowerEfficiency
from testbed.procedure import complete_parameters, method_data

DATA = method_data("testbed.methods", "tb-efficiency", "1")
POINTS = DATA["load"]["points"]
GIVEN = {"nominal_voltage": 12.0, "rated_voltage": 5.0, "rated_current": 3.0, "input_limit": 3.0}


def weights(name):
    rule = DATA["weights"][name]
    return dict(zip(rule["load"], rule["weight"], strict=True))


def losses(level, load):
    """Idle, switching and conduction loss [W] of a 15 W converter at a load [%]."""
    amperes = 3.0 * load / 100.0
    return 0.06 + 0.014 * level / 12.0 * amperes + 0.08 * amperes**2


def truth(level, load):
    out = 15.0 * load / 100.0
    return out / (out + losses(level, load))


def record(levels=(12.0,), loads=POINTS, *, seed=1, noise=5e-4, warming=0.0, seconds=150.0):
    """Rows in 16 bit of the range, with noise of 0.05 % of it; ranges follow the power."""
    random = np.random.default_rng(seed)
    rows = []
    for level in levels:
        for load in loads:
            time = np.arange(0.0, seconds + 1.0, 2.0)
            out = np.full(len(time), 15.0 * load / 100.0)
            into = out + losses(level, load)
            into = into * (1.0 + warming * time / 60.0)
            columns = []
            for power in (into, out):
                full = 2.0 ** math.ceil(math.log2(float(np.max(power))))
                step = full / 2**15
                shown = power + random.normal(0.0, noise, len(time)) * full
                columns.append(np.round(shown / step) * step)
            begun = rows[-1][0] + 2.0 if rows else 0.0
            rows += [(begun + t, level, load, i, o) for t, i, o in zip(time, *columns, strict=True)]
    return dataset(np.array(rows))


def dataset(rows):
    names = ("input_level", "load_level", "input_power", "output_power")
    columns = {name: ("time", rows[:, n + 1]) for n, name in enumerate(names)}
    return xarray.Dataset(columns, {"time": rows[:, 0]})


def evaluated(record_, **parameters):
    return evaluate_efficiency(
        record_, complete_parameters(PowerEfficiency, {**GIVEN, **parameters}), DATA
    )


@pytest.mark.parametrize("name", ["cec", "euro"])
def test_weights_add_up_to_one(name):
    assert math.fsum(weights(name).values()) == pytest.approx(1.0, abs=1e-12)
    assert set(weights(name)) <= set(POINTS)


@pytest.mark.parametrize("seed", range(20))
def test_efficiencies_are_found_again_under_noise_and_quantisation(seed):
    found = evaluated(record((12.0, 9.0, 24.0), seed=seed), lowest_voltage=9.0,
                      highest_voltage=24.0)  # fmt: skip
    assert found.findings == ()
    for level, suffix in ((12.0, ""), (9.0, "_low"), (24.0, "_high")):
        for name in ("cec", "euro"):
            exact = 100.0 * sum(w * truth(level, load) for load, w in weights(name).items())
            # 61 rows of 0.05 % of a range up to twice the power, in and out: 0.018 % a point.
            assert found.values[f"{name}{suffix}"].value == pytest.approx(exact, abs=0.05)
    assert found.values["full_load"].value == pytest.approx(100.0 * truth(12.0, 100.0), abs=0.1)
    assert found.values["peak"].value >= found.values["full_load"].value


def test_a_point_that_has_not_settled_is_named_and_the_run_is_not_valid():
    (first, *rest) = evaluated(record(loads=[50.0], warming=0.002, noise=0.0)).findings
    assert (first.code, first.invalidates) == ("not-settled", True)
    assert first.values["drift"] == pytest.approx(0.2, rel=0.02)
    assert first.values["load"] == 50.0
    assert rest == []
    assert evaluated(record(loads=[50.0], warming=0.0008, noise=0.0)).findings == ()
    (short,) = evaluated(record(loads=[50.0], seconds=60.0)).findings
    assert (short.code, short.invalidates) == ("settling-unproven", True)


def test_a_missing_point_leaves_the_weighted_efficiency_unset():
    found = evaluated(record(loads=[p for p in POINTS if p != 5.0])).values
    assert found["cec"].value is not None
    assert found["euro"].reason == "reason.load-point-missing"
    assert found["cec_low"].reason == "reason.level-not-asked"
    assert evaluated(record(), lowest_voltage=9.0).values["cec_low"].reason == (
        "reason.load-point-missing"
    )


def test_what_is_wrong_with_a_point_is_named():
    off = evaluated(record(), rated_current=2.0).findings
    assert {x.code for x in off} == {"load-off"}
    swapped = record()
    swapped = swapped.assign(
        input_power=swapped["output_power"], output_power=swapped["input_power"]
    )
    codes = {(x.code, x.invalidates) for x in evaluated(swapped).findings}
    assert ("efficiency-above-one", True) in codes
    dark = record(loads=[50.0])
    found = evaluated(dark.assign(output_power=0.0 * dark["output_power"]))
    assert [x.code for x in found.findings] == ["no-power"]
    assert found.values["peak"].value is None
    holed = record()
    holed["input_power"][3] = math.nan
    assert evaluated(holed).findings[0].values == {"count": 1}


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_count(random):
    whole = record(loads=[10.0, 50.0], seconds=130.0)
    order = list(range(whole.sizes["time"]))
    random.shuffle(order)
    assert evaluated(whole.isel(time=order)).values == evaluated(whole).values


@given(st.sampled_from([1e-6, 1e-3, 1e3, 1e6]))
def test_a_prefix_of_the_unit_changes_no_efficiency(factor):
    whole = record(loads=[10.0, 50.0], seconds=130.0)
    scaled = whole.assign(
        input_power=whole["input_power"] * factor, output_power=whole["output_power"] * factor
    )
    one, two = (evaluated(each).values["peak"].value for each in (whole, scaled))
    assert one == pytest.approx(two, rel=1e-12)


@given(st.floats(0.0, 0.1), st.floats(0.0, 0.1), st.floats(-1.0, 1.0))
def test_the_uncertainty_of_a_ratio_lies_between_difference_and_sum(out, into, r):
    found = relative_uncertainty(out, into, r)
    assert abs(out - into) - 1e-9 <= found <= out + into + 1e-9


def test_what_both_channels_share_drops_out():
    assert relative_uncertainty(0.003, 0.004) == pytest.approx(0.005)
    assert relative_uncertainty(0.003, 0.003, 1.0) == pytest.approx(0.0, abs=1e-12)
    assert relative_uncertainty(0.003, 0.003, 0.5) == pytest.approx(0.003)
    with pytest.raises(ValueError, match="outside"):
        relative_uncertainty(0.1, 0.1, 1.5)
    assert weighted_uncertainty([0.1, 0.1], [0.5, 0.5]) == pytest.approx(0.1)
    assert weighted_uncertainty([0.1, 0.1], [0.5, 0.5], 0.0) == pytest.approx(0.1 / math.sqrt(2.0))


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_the_budget_says_the_same_as_the_formula(correlation):
    out = standard("p_out", 10.0, 0.03, unit="W")
    into = standard("p_in", 11.0, 0.02, unit="W")
    budget = efficiency_budget(out, into, correlation=correlation)
    wanted = relative_uncertainty(0.003, 0.02 / 11.0, correlation)
    assert budget.estimate == pytest.approx(10.0 / 11.0)
    assert budget.uncertainty / budget.estimate == pytest.approx(wanted, rel=1e-9)
    repeated = efficiency_budget(out, into, correlation=correlation, repeats=[0.01, -0.01, 0.0])
    assert repeated.uncertainty > budget.uncertainty


def test_weighing_refuses_wrong_weights_and_misses_points():
    assert weighted_efficiency({50.0: 0.9}, {50.0: 1.0}) == 0.9
    assert weighted_efficiency({49.0: 0.9}, {50.0: 1.0}) is None
    assert weighted_efficiency({49.0: 0.9}, {50.0: 1.0}, tolerance=2.0) == 0.9
    assert weighted_efficiency({}, {50.0: 1.0}) is None
    with pytest.raises(ValueError, match=r"add up to 0\.5"):
        weighted_efficiency({50.0: 0.9}, {50.0: 0.5})


def test_drift_is_that_of_the_end_alone():
    time = np.arange(0.0, 301.0, 2.0)
    power = np.where(time < 150.0, time, 150.0)
    assert drift(time, power, 120.0) == pytest.approx(0.0, abs=1e-9)
    assert drift(time, 100.0 + 0.01 * time, 120.0) == pytest.approx(0.6 / 1.024, rel=1e-6)
    assert drift(time[:10], power[:10], 120.0) is None
    assert drift(time, 0.0 * time, 120.0) is None


MODEL = SandiaModel(
    paco=5000.0, pdco=5200.0, vdco=400.0, pso=30.0, c0=-4e-6, c1=5e-5, c2=2e-3, c3=1e-3
)


def test_an_inverter_model_is_found_again_in_any_order_of_rows():
    voltage = np.repeat([300.0, 400.0, 480.0], 6)
    into = np.tile([520.0, 1040.0, 1560.0, 2600.0, 3900.0, 5200.0], 3)
    out = MODEL.ac_power(voltage, into)
    order = np.random.default_rng(1).permutation(18)
    found = fit_sandia(voltage[order], into[order], out[order], voltage[order].tolist(),
                       rated_power=5000.0, nominal=400.0)  # fmt: skip
    for name in SandiaModel.__dataclass_fields__:
        assert getattr(found, name) == pytest.approx(getattr(MODEL, name), rel=1e-6), name


def test_an_inverter_model_needs_levels_and_loads():
    voltage, into = np.array([300.0] * 3 + [400.0] * 3), np.array([1.0, 2.0, 3.0] * 2)
    with pytest.raises(ValueError, match="one more"):
        fit_sandia(voltage, into, into, ["a"] * 6, rated_power=3.0, nominal="a")
    with pytest.raises(ValueError, match="three loads"):
        fit_sandia(voltage, np.array([1.0, 2.0, 2.0] * 2), into, ["a"] * 3 + ["b"] * 3,
                   rated_power=3.0, nominal="a")  # fmt: skip
    falling = np.array([3.0, 2.0, 0.0] * 2)
    with pytest.raises(ValueError, match="does not reach"):
        fit_sandia(voltage, into, falling, ["a"] * 3 + ["b"] * 3, rated_power=9.0, nominal="a")

"""Rules of dwells, ramps, working spaces and cycles, and their budgets."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.domain.conformity import Outcome
from testbed.evaluation import judge
from testbed.evaluation.climate import find_dwell, ramp_rates
from testbed.evaluation.climate_budget import (
    climate_facts,
    deviation_budget,
    dwell_budget,
    humidity_budget,
    rate_budget,
)
from testbed.evaluation.damp_cycle import humidity_margin
from testbed.evaluation.working_space import humidity_spread, of_working_space, saturation
from testbed.methods.iec_60068_2_1 import Cold
from testbed.methods.iec_60068_2_14_na import RapidChange
from testbed.methods.iec_60068_2_14_nb import ChangeAtRate
from testbed.methods.iec_60068_2_30 import DampHeatCyclic
from testbed.methods.iec_60068_2_78 import DampHeatSteady
from testbed.procedure import complete_parameters, method_data
from testbed.procedure.climate import Dwelling
from tests.testbed.evaluation.climates import record

METHODS = (Cold, RapidChange, ChangeAtRate, DampHeatCyclic, DampHeatSteady)


def data_of(method):
    return method_data("testbed.methods", method.id, method.version)


def held(time, deviation, **given):
    return find_dwell(
        np.asarray(time, float),
        [np.broadcast_to(np.asarray(deviation, float), np.shape(time))],
        [2.0],
        **{"stays": 60.0, "longest": 30.0, **given},
    )


# Quarters are exact in binary: a shift of whole numbers moves no sample over an edge.
DEVIATIONS = st.lists(
    st.integers(-12, 12).map(lambda quarters: 0.25 * quarters), min_size=1, max_size=60
)
STEPS = st.lists(st.sampled_from([0.0, 15.0, 15.0, 15.0, 30.0, 45.0]), min_size=60, max_size=60)


@given(deviations=DEVIATIONS, steps=STEPS, random=st.randoms(use_true_random=False))
def test_the_order_of_rows_is_of_no_account(deviations, steps, random):
    time = np.cumsum(steps[: len(deviations)])
    order = list(range(len(deviations)))
    random.shuffle(order)
    assert held(time, deviations) == held(time[order], np.array(deviations)[order])


@given(deviations=DEVIATIONS, steps=STEPS, shift=st.integers(-(2**20), 2**20))
def test_a_shift_of_time_moves_a_dwell_and_changes_nothing_else(deviations, steps, shift):
    time = np.cumsum(steps[: len(deviations)])
    here, there = held(time, deviations), held(time + shift, deviations)
    assert (there.proven, there.largest, there.gap_count, there.gap_longest) == (
        here.proven, here.largest, here.gap_count, here.gap_longest,
    )  # fmt: skip
    assert there.onset == (None if here.onset is None else here.onset + shift)


@given(deviations=DEVIATIONS, steps=STEPS)
def test_kelvins_and_degrees_give_the_same_dwell(deviations, steps):
    time = np.cumsum(steps[: len(deviations)])
    # 273.15 has no exact form: what it moves by its rounding lies inside the edges by a quarter.
    off = np.array(deviations) + 0.125
    celsius = find_dwell(time, [(off + 40.0) - 40.0], [2.0], stays=60.0, longest=30.0)
    kelvin = find_dwell(
        time, [(off + 40.0 + 273.15) - (40.0 + 273.15)], [2.0], stays=60.0, longest=30.0
    )
    assert (kelvin.onset, kelvin.proven, kelvin.end) == (celsius.onset, celsius.proven, celsius.end)
    assert kelvin.largest == pytest.approx(celsius.largest, abs=1e-12)


@given(deviations=DEVIATIONS, steps=STEPS, at=st.integers(0, 59), worse=st.floats(2.01, 50.0))
def test_of_two_samples_at_one_instant_the_worse_counts(deviations, steps, at, worse):
    time = np.cumsum(steps[: len(deviations)])
    twice = held(np.append(time, time), deviations + deviations)
    assert twice == held(time, deviations)
    at %= len(deviations)
    spoilt = deviations.copy()
    same = time == time[at]
    added = held(np.append(time, time[at]), [*deviations, worse])
    for place in np.flatnonzero(same):
        spoilt[place] = worse
    assert (added.onset, added.proven) == (held(time, spoilt).onset, held(time, spoilt).proven)


@given(deviations=DEVIATIONS, steps=STEPS)
def test_a_sample_more_that_is_no_number_changes_nothing(deviations, steps):
    time = np.cumsum(steps[: len(deviations)])
    assert held(np.append(time, time[0] + 1.0), [*deviations, np.nan]) == held(time, deviations)


@given(deviations=DEVIATIONS, steps=STEPS)
def test_what_is_proven_never_passes_the_longest_stay(deviations, steps):
    time = np.cumsum(steps[: len(deviations)])
    found = held(time, deviations)
    assert 0.0 <= found.proven <= time[-1] - time[0]
    if found.onset is not None:
        stay = (time >= found.onset) & (time <= found.end)
        assert np.abs(np.array(deviations)[stay]).max() <= 2.0
        assert found.end - found.onset >= 60.0


@given(deviations=DEVIATIONS, steps=STEPS)
def test_a_run_counts_as_its_record_does_where_it_never_left(deviations, steps):
    time = np.cumsum([step or 15.0 for step in steps[: len(deviations)]])
    inside = np.abs(np.array(deviations)) <= 2.0
    watch = Dwelling(60.0, 30.0)
    for at, good in zip(time, inside, strict=True):
        watch.saw(at, bool(good))
    outside = np.flatnonzero(~inside)
    last = slice(outside[-1] + 1 if len(outside) else 0, None)
    found = held(time[last], np.array(deviations)[last])
    assert (watch.onset, watch.proven) == (found.onset, found.proven)


@pytest.mark.parametrize(("edge", "outcome"), [(2.0, True), (np.nextafter(2.0, 3.0), False)])
def test_the_edge_of_the_band_belongs_to_it(edge, outcome):
    time = np.arange(0.0, 600.0, 15.0)
    assert (held(time, edge).onset is not None) is outcome
    assert (held(time, -edge).onset is not None) is outcome


def test_a_touch_of_the_band_is_no_dwell_and_an_excursion_begins_it_anew():
    time = np.arange(0.0, 3600.0, 15.0)
    assert held(time, np.where((time >= 600.0) & (time < 645.0), 0.0, 5.0)).onset is None
    found = held(time, np.where(np.abs(time - 1500.0) < 1.0, 2.5, 0.0))
    assert (found.onset, found.proven) == (1515.0, time[-1] - 1515.0)
    late = held(time, np.where(np.abs(time - 3000.0) < 1.0, 2.5, 0.0))
    assert (late.onset, late.proven, late.largest) == (0.0, 2985.0, (2.5,))
    assert not late.holds(2000.0, (2.0,))


def test_a_gap_while_it_comes_to_stay_is_no_beginning():
    time = np.array([0.0, 15.0, 30.0, 75.0, 90.0, 105.0, 120.0, 135.0, 150.0])
    assert held(time, 0.0).onset == 75.0
    assert held(time[:4], 0.0).onset is None


RATES = st.floats(0.5, 20.0)


@given(rate=RATES, falling=st.booleans(), period=st.sampled_from([5.0, 15.0]),
       shift=st.integers(0, 2**20))  # fmt: skip
def test_the_rate_of_an_even_ramp_is_exact_both_ways(rate, falling, period, shift):
    target = -60.0 if falling else 60.0
    time = np.arange(0.0, 60.0 / rate * 60.0 + 600.0, period)
    value = np.sign(target) * np.minimum(rate * time / 60.0, 60.0)
    found = ramp_rates(time + shift, value, 0.0, target, share=(0.1, 0.9), over=300.0, longest=30.0)
    inner = period / 60.0 * rate < 3.0  # the bend at the end is left out by more than one sample
    if inner:
        assert found.lowest == pytest.approx(rate, rel=1e-6)
        assert found.highest == pytest.approx(rate, rel=1e-6)
    kelvin = ramp_rates(time, value + 273.15, 273.15, target + 273.15, share=(0.1, 0.9),
                        over=300.0, longest=30.0)  # fmt: skip
    assert kelvin.lowest == pytest.approx(found.lowest, rel=1e-6)


def test_a_gap_in_a_ramp_leaves_its_rate_unproven_and_one_behind_it_does_not():
    time = np.arange(0.0, 4200.0, 15.0)
    value = np.minimum(time / 60.0, 60.0)
    given = {"share": (0.1, 0.9), "over": 300.0, "longest": 30.0}
    for at, known in ((1800.0, False), (4000.0, True)):
        keep = np.abs(time - at) > 20.0
        assert (ramp_rates(time[keep], value[keep], 0.0, 60.0, **given) is not None) is known
    # A ramp that never arrives, and one that had begun before the record, show no rate.
    assert ramp_rates(time, 0.5 * value, 0.0, 60.0, **given) is None
    assert ramp_rates(time, value + 10.0, 0.0, 60.0, **given) is None


def test_a_working_space_is_told_by_hand_worked_numbers():
    space = np.array([[40.0, 40.2], [40.5, 40.1], [39.6, 39.9]])
    found = of_working_space(space, 40.0)
    assert found.uniformity == pytest.approx(0.5)  # 40.5 - 40.0 at the first instant
    assert found.fluctuation == pytest.approx(0.4)  # the second place
    assert found.gradient == pytest.approx(0.55)  # 40.3 - 39.75
    assert found.mean_deviation == pytest.approx(0.1)
    assert of_working_space(np.full((9, 3), np.nan), 40.0) is None
    assert of_working_space(np.array([[40.0]]), 40.0) is None


def test_humidity_differs_by_temperature_at_one_vapour_pressure():
    # 73.84 hPa at 40 degC and 62.6 hPa at 37 degC: tables after Magnus, WMO-No. 8.
    assert saturation(np.array([40.0])) == pytest.approx(73.8, abs=0.2)
    spread = humidity_spread(np.array([[40.0], [41.0]]), np.array([40.0]), np.array([93.0]))
    expected = 93.0 * (1.0 - saturation(np.array(40.0)) / saturation(np.array(41.0)))
    assert spread == pytest.approx(float(expected))


def test_the_humidity_of_a_part_has_other_bands_at_its_ends():
    rules = data_of(DampHeatCyclic)["humidity"]["upper"]
    time = np.arange(0.0, 7200.0, 60.0)
    humidity = np.full(len(time), 93.0)
    assert humidity_margin(time, humidity, rules) == pytest.approx(3.0)
    humidity[:10] = 99.0
    assert humidity_margin(time, humidity, rules) == pytest.approx(1.0)
    humidity[60] = 97.0
    assert humidity_margin(time, humidity, rules) == pytest.approx(-1.0)
    rise = data_of(DampHeatCyclic)["humidity"]["rise"]
    falls = np.where(time > 7200.0 - 15 * 60.0, 91.0, 96.0)
    assert humidity_margin(time, falls, rise) == pytest.approx(1.0)
    assert humidity_margin(time, falls[::-1], rise) == pytest.approx(-4.0)
    assert humidity_margin(time, np.full(len(time), np.nan), rise) is None


@pytest.mark.parametrize("method", METHODS, ids=lambda each: each.id)
def test_the_control_sensor_alone_passes_nothing(method):
    """Air and set-point are perfect, the monitoring sensor stays in the room: no method passes."""
    data, parameters = data_of(method), complete_parameters(method, {})
    time, segments, began = [], [], 0.0
    for index, segment in enumerate(method.programme(parameters, data)):
        steps = np.arange(0.0, max(segment.seconds(25.0), 60.0), 15.0)
        time.append(began + steps)
        segments.append(np.full(len(steps), float(index)))
        began += steps[-1] + 15.0
    dataset = record(np.concatenate(time), 23.0, np.concatenate(segments), humidity=50.0)
    dataset["air_temperature"] = ("time", np.full(dataset.sizes["time"], 40.0))
    found = method.evaluate(dataset, parameters, data)
    outcome, rows = judge(method, found, method.limits(parameters, data))
    assert outcome is Outcome.FAIL
    values = {row.measurand: row.value for row in rows}
    assert not values.get("passed_cycles", 0.0)
    assert not values.get("dwell")


@pytest.mark.parametrize("method", METHODS, ids=lambda each: each.id)
def test_records_of_no_use_give_reasons_and_no_pass(method):
    data, parameters = data_of(method), complete_parameters(method, {})
    for dataset in (
        record([], [], []),
        record([np.nan, 1.0, 1.0], [np.nan, 40.0, 41.0], [1.0, 1.0, 1.0], [np.nan, 93.0, 93.0]),
    ):
        found = method.evaluate(dataset, parameters, data)
        outcome, rows = judge(method, found, method.limits(parameters, data))
        assert outcome is Outcome.FAIL
        assert all(row.value is not None or row.reason for row in rows)


@pytest.mark.parametrize("method", METHODS, ids=lambda each: each.id)
def test_shuffled_rows_are_evaluated_to_the_same_bits(method):
    data, parameters = data_of(method), complete_parameters(method, {})
    random = np.random.default_rng(7)
    time, monitor, segments, began, level = [], [], [], 0.0, 25.0
    for index, segment in enumerate(method.programme(parameters, data)):
        steps = np.arange(0.0, segment.seconds(25.0) + 700.0, 60.0)
        part = np.minimum(steps / max(segment.seconds(level), 1.0), 1.0)
        time.append(began + steps)
        monitor.append(level + part * (segment.temperature - level))
        segments.append(np.full(len(steps), float(index)))
        began, level = began + steps[-1], segment.temperature
    values = np.concatenate(monitor) + random.normal(0.0, 0.02, sum(map(len, monitor)))
    space = values + random.normal(0.0, 0.2, (9, len(values)))
    dataset = record(np.concatenate(time), values, np.concatenate(segments),
                     humidity=93.0 + random.normal(0.0, 0.1, len(values)), space=space)  # fmt: skip
    shuffled = dataset.isel(time=random.permutation(dataset.sizes["time"]))
    assert method.evaluate(shuffled, parameters, data) == method.evaluate(dataset, parameters, data)


def test_a_deviation_is_uncertain_by_each_of_its_inputs():
    facts = climate_facts(data_of(Cold))
    found = deviation_budget(0.4, facts, uniformity=0.6)
    parts = (0.03, 0.20 / 2, 0.15 / math.sqrt(3), 0.30 / math.sqrt(3), 0.01 / math.sqrt(12),
             0.20 / math.sqrt(3), 0.30 / math.sqrt(3))  # fmt: skip
    assert found.uncertainty == pytest.approx(math.sqrt(sum(part**2 for part in parts)))
    assert found.estimate == pytest.approx(0.4)


def test_of_a_rate_what_does_not_change_between_two_readings_cancels():
    facts = climate_facts(data_of(ChangeAtRate))
    found = rate_budget(1.0, 300.0, facts)
    reading = math.hypot(0.03, 0.01 / math.sqrt(12.0))
    expected = math.hypot(math.sqrt(2.0) * reading / 5.0, 1e-4 / math.sqrt(3.0))
    assert found.uncertainty == pytest.approx(expected, rel=1e-6)
    with pytest.raises(ValueError, match="a rate over 0"):
        rate_budget(1.0, 0.0, facts)


def test_a_dwell_is_uncertain_by_when_its_band_was_entered():
    facts = climate_facts(data_of(Cold))
    slow, fast = (dwell_budget(16.0, facts, entry_rate=rate, period=15.0) for rate in (0.1, 1.0))
    assert slow.estimate == pytest.approx(16.0)
    assert slow.uncertainty > 5.0 * fast.uncertainty
    with pytest.raises(ValueError, match="a crossing at 0"):
        dwell_budget(16.0, facts, entry_rate=0.0, period=15.0)


def test_a_humidity_is_uncertain_by_the_temperature_of_its_place():
    facts = climate_facts(data_of(DampHeatSteady))
    even = humidity_budget(0.5, facts, humidity=93.0, temperature=40.0)
    assert even.uncertainty == pytest.approx(math.hypot(0.5, 0.5 / math.sqrt(3.0)))
    # 93 % * 17.62 * 243.12 / (243.12 + 40)² = 4.97 %/K
    uneven = humidity_budget(0.5, facts, humidity=93.0, temperature=40.0, uniformity=1.0)
    added = math.sqrt(uneven.uncertainty**2 - even.uncertainty**2)
    assert added == pytest.approx(4.97 * 0.5 / math.sqrt(3.0), rel=1e-3)


def test_every_limited_result_of_a_whole_record_states_its_uncertainty():
    time = np.arange(0.0, 4.0 * 3600.0, 15.0)
    ramp = np.maximum(25.0 - 0.8 * time / 60.0, -40.0)
    segment = np.where(25.0 - 0.8 * time / 60.0 > -40.0, 0.0, 1.0)
    parameters = complete_parameters(Cold, {"duration": 2.0})
    found = Cold.evaluate(record(time, ramp, segment), parameters, data_of(Cold))
    limited = {limit.measurand for limit in Cold.limits(parameters, data_of(Cold))}
    assert limited <= set(found.budgets)
    for name, budget in found.budgets.items():
        assert budget.estimate == pytest.approx(found.values[name].value)
    # The conditioning began by the clock here: nothing is in doubt but the samples, 15 s wide.
    assert found.budgets["dwell"].uncertainty == pytest.approx(
        15.0 / 3600.0 / math.sqrt(3), rel=0.01
    )
    # The band entered at 0.8 K/min: the doubt of 0.245 K is one of 0.31 min.
    late = Cold.evaluate(record(time, ramp, np.where(time < 60.0, 0.0, 1.0)), parameters,
                         data_of(Cold))  # fmt: skip
    edge = deviation_budget(0.0, climate_facts(data_of(Cold))).uncertainty
    doubt = math.hypot(edge / 0.8 / 60.0, 15.0 / 3600.0 / math.sqrt(3))
    assert late.budgets["dwell"].uncertainty == pytest.approx(doubt, rel=0.01)

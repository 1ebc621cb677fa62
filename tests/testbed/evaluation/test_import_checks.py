"""Planted faults of a record are found and named; sound records stay without a finding."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.evaluation.derived_columns import Definition, Derived, check_derived
from testbed.evaluation.import_checks import (
    Recorded,
    check_constant,
    check_expected,
    check_flat_top,
    check_markers,
    check_temperatures,
    check_time,
    explain_modulus,
)
from testbed.procedure.results import Finding


def places(count):
    return [f"line {row + 2}" for row in range(count)]


def codes(findings):
    return [each.code for each in findings]


seeds = st.integers(0, 2**32 - 1)


def sound(seed, rows=400):
    """A chamber's log, a tensile test and a discharge, quantised and noisy."""
    random = np.random.default_rng(seed)
    time = np.arange(rows) * random.choice([0.2, 1.0, 21.0])
    rise = 23.0 + 32.0 * (1.0 - np.exp(-np.arange(rows) / 60.0))
    force = 20e3 * np.sin(np.linspace(0.0, 2.0, rows)) + random.normal(0.0, 5.0, rows)
    volts = 4.2 - 1.4 * np.linspace(0.0, 1.0, rows) ** 3 + random.normal(0.0, 1e-3, rows)
    return time, {
        "air": ("degC", np.round(rise + random.normal(0.0, 0.05, rows), 1)),
        "specimen": ("degC", np.round(rise + random.normal(0.0, 0.05, rows), 2)),
        "force": ("N", np.round(force, 1)),
        "volts": ("V", np.round(volts, 4)),
        "current": ("A", np.round(2.0 + random.normal(0.0, 1e-3, rows), 4)),
    }


@given(seeds)
@settings(max_examples=60)
def test_sound_records_have_no_finding(seed):
    time, channels = sound(seed)
    where = places(len(time))
    found = [*check_time(time, where)]
    recorded = [Recorded(name=n, unit=u, values=v) for n, (u, v) in channels.items()]
    for each in recorded:
        found += [*check_constant(each, where), *check_markers(each, where)]
        found += check_flat_top(each, where)
    found += check_temperatures(recorded)
    assert found == []


@given(seeds, st.integers(20, 370), st.integers(4, 50))
@settings(max_examples=60)
def test_a_planted_gap_is_named_with_its_row(seed, row, periods):
    time, _ = sound(seed)
    period = time[1]
    time[row:] += periods * period
    (gap,) = check_time(time, places(len(time)))
    assert gap.code == "import-time-gap"
    assert gap.values["count"] == 1
    assert gap.values["longest"] == pytest.approx((periods + 1) * period)
    assert str(gap.values["where"]).startswith(f"line {row + 2}:")


def test_a_period_that_changes_is_no_gap_and_jitter_is_none():
    slow = np.concatenate((np.arange(100.0), 100.0 + 60.0 * np.arange(100)))
    assert check_time(slow, places(200)) == ()
    fast = np.concatenate((60.0 * np.arange(100), 5941.0 + np.arange(100)))
    assert check_time(fast, places(200)) == ()
    random = np.random.default_rng(1)
    assert check_time(np.cumsum(random.uniform(0.5, 1.5, 500)), places(500)) == ()
    assert check_time(np.array([0.0, 1.0]), places(2)) == ()
    assert check_time(np.array([]), []) == ()


@given(seeds, st.integers(1, 398))
@settings(max_examples=40)
def test_times_that_repeat_or_fall_are_named(seed, row):
    time, _ = sound(seed)
    time[row] = time[row - 1]
    repeats = {f.code: f for f in check_time(time, places(len(time)))}["import-time-repeats"]
    assert repeats.values["count"] == 1
    assert str(repeats.values["where"]).startswith(f"line {row + 2}:")
    time[row] -= 0.1
    assert "import-time-falls" in codes(check_time(time, places(len(time))))


@given(seeds, st.sampled_from([-999.0, -9999.0, 9999.0, 32767.0, 65535.0]), st.integers(0, 399))
@settings(max_examples=60)
def test_a_mark_for_no_value_is_named(seed, marker, row):
    _, channels = sound(seed)
    values = channels["volts"][1].copy()
    values[row] = marker
    (found,) = check_markers(Recorded(name="u", unit="V", values=values), places(len(values)))
    assert (found.code, found.values["value"], found.values["where"]) == (
        "import-marker", marker, f"line {row + 2}",
    )  # fmt: skip


def test_a_value_among_the_others_is_no_mark():
    values = np.linspace(0.0, 20_000.0, 20_001)
    assert check_markers(Recorded(name="f", unit="N", values=values), places(20_001)) == ()


@given(seeds, st.sampled_from([10.0, 1000.0, 12.0, 4095.0, 32767.0, 2.5]))
@settings(max_examples=60)
def test_a_signal_that_is_cut_off_at_its_range_is_named(seed, full_scale):
    random = np.random.default_rng(seed)
    wave = 1.3 * full_scale * np.sin(np.linspace(0.0, 12.0, 600))
    values = np.minimum(wave + random.normal(0.0, 1e-4 * full_scale, 600), full_scale)
    (found,) = check_flat_top(Recorded(name="u", unit="V", values=values), places(600))
    assert (found.code, found.values["value"]) == ("import-flat-top", full_scale)
    told = np.minimum(wave, 0.777 * full_scale)
    channel = Recorded(name="u", unit="V", values=told)
    assert check_flat_top(channel, places(600)) == ()
    channel = Recorded(name="u", unit="V", values=told, full_scale=0.777 * full_scale)
    assert codes(check_flat_top(channel, places(600))) == ["import-flat-top"]


def test_a_chamber_that_rests_at_a_round_temperature_is_not_cut_off():
    rise = np.round(100.0 - 77.0 * np.exp(-np.arange(2000) / 100.0), 1)
    assert rise.max() == 100.0
    channel = Recorded(name="air", unit="degC", values=rise)
    assert check_flat_top(channel, places(2000)) == ()


def test_a_channel_that_never_changes_is_named_unless_it_was_set():
    values = np.full(50, 7.0)
    assert codes(check_constant(Recorded(name="i", unit="A", values=values), places(50))) == [
        "import-constant"
    ]
    set_point = Recorded(name="sp", unit="degC", values=values, measured=False)
    assert check_constant(set_point, places(50)) == ()
    nothing = Recorded(name="i", unit="A", values=np.full(50, np.nan))
    assert codes(check_constant(nothing, places(50))) == ["import-empty"]


@given(seeds)
@settings(max_examples=30)
def test_a_temperature_on_another_scale_is_told_by_its_peers(seed):
    _, channels = sound(seed)
    air = Recorded(name="air", unit="degC", values=channels["air"][1])
    specimen = channels["specimen"][1]
    for values, change in (
        (specimen + 273.15, "K − 273.15"),
        (specimen * 1.8 + 32.0, "(°F − 32) / 1.8"),
    ):
        wrong = Recorded(name="specimen", unit="degC", values=values)
        (found,) = check_temperatures([air, wrong])
        assert (found.code, found.values["channel"], found.values["change"]) == (
            "import-temperature-scale", "specimen", change,
        )  # fmt: skip


def test_a_furnace_beside_the_room_is_on_its_own_scale():
    room = Recorded(name="room", unit="degC", values=22.0 + 0.5 * np.sin(np.arange(300.0)))
    furnace = Recorded(name="furnace", unit="degC", values=np.linspace(25.0, 295.0, 300))
    assert check_temperatures([room, furnace]) == ()
    cold = Recorded(name="x", unit="degC", values=np.array([20.0, -300.0]))
    assert codes(check_temperatures([cold])) == ["import-below-absolute-zero"]


def test_values_outside_of_what_is_expected_are_named_with_the_factor_that_fits():
    force = Recorded(name="force", unit="N", values=np.linspace(0.0, 29.4, 50))
    assert check_expected(force, places(50), 0.0, 100.0) == ()
    kilo = Recorded(name="force", unit="N", values=np.linspace(5e3, 29.4e3, 50))
    off, scale = check_expected(kilo, places(50), 1.0, 100.0)
    assert (off.values["count"], scale.values["change"]) == (50, "÷ 1000")
    kelvin = Recorded(name="t", unit="degC", values=np.linspace(293.0, 330.0, 50))
    assert check_expected(kelvin, places(50), -40.0, 85.0)[1].values["change"] == "K − 273.15"


@pytest.mark.parametrize(
    ("slope", "said"), [(0.2, "× 1000"), (2.0, "× 100"), (20_000.0, "÷ 100"), (210_000.0, "÷ 1000")]
)
def test_a_modulus_of_no_metal_is_explained(slope, said):
    code = "modulus-from-crosshead" if slope < 100.0 else "modulus-implausible"
    (found,) = explain_modulus([Finding(code, {"slope": slope})])
    assert said in str(found.values["change"])
    assert explain_modulus([Finding("modulus-from-crosshead", {"slope": 10.9})]) == ()


def stress(area=35.7, rows=300, seed=0):
    random = np.random.default_rng(seed)
    force = 7000.0 * np.sin(np.linspace(0.0, 2.2, rows)) + random.normal(0.0, 2.0, rows)
    return np.round(force, 2), np.round(force / area, 5)


def derive(recorded, expected, **changes):
    values = {
        "column": "Stress", "formula": "force / s0", "recorded": recorded, "expected": expected,
        "parameter": ("s0", 35.7, "mm2"), **changes,
    }  # fmt: skip
    return check_derived(Derived(**values), places(len(recorded)))


@given(st.floats(0.5, 2.0).filter(lambda share: abs(share - 1.0) > 2e-3), seeds)
@settings(max_examples=60)
def test_a_stale_parameter_is_named_with_its_size_and_the_value_that_fits(share, seed):
    force, recorded = stress(35.7 * share, seed=seed)
    (found,) = derive(recorded, force / 35.7)
    assert found.code == "derived-stale"
    assert found.values["percent"] == pytest.approx((share - 1.0) * 100.0, abs=0.02)
    assert found.values["fits"] == pytest.approx(35.7 * share, rel=2e-4)


@given(seeds, st.floats(-4e-4, 4e-4))
@settings(max_examples=40)
def test_a_column_that_follows_its_definition_up_to_rounding_has_no_finding(seed, off):
    force, recorded = stress(35.7 * (1.0 + off), seed=seed)
    assert derive(recorded, force / 35.7) == ()
    assert derive(np.round(recorded, 0), force / 35.7) == ()


@given(st.sampled_from([1e3, 1e-3, 1e6, 100.0, -1.0, 25.4, 9.80665]), seeds)
@settings(max_examples=40)
def test_a_slip_of_a_unit_or_a_sign_is_named_as_one(factor, seed):
    force, recorded = stress(seed=seed)
    (found,) = derive(recorded / factor, force / 35.7)
    assert found.code == "derived-scaled"


@given(seeds, st.integers(100, 200))
@settings(max_examples=40)
def test_single_rows_that_are_off_are_named(seed, row):
    force, recorded = stress(seed=seed)
    recorded[row] += 50.0
    (found,) = derive(recorded, force / 35.7)
    assert (found.code, found.values["count"]) == ("derived-rows-off", 1)
    assert str(found.values["where"]).startswith(f"line {row + 2}:")


def test_a_column_that_follows_nothing_is_named_with_its_worst_row():
    force, _ = stress()
    random = np.random.default_rng(3)
    (found,) = derive(random.uniform(0.0, 200.0, len(force)), force / 35.7)
    assert found.code == "derived-inconsistent"
    assert str(found.values["where"]).startswith("line ")


def test_charge_and_energy_are_held_against_their_integrals():
    time = np.arange(0.0, 3600.0, 10.0)
    current = 2.0 + 0.1 * np.sin(time / 100.0)
    channels = {"current": current, "voltage": 3.7 - time / 7200.0}
    charge = Definition(of=("current",), along="time")
    expected = charge.expected(time, channels, {})
    counted = 0.5 + np.cumsum(current) * 10.0 / 3600.0  # a counter that ran on, in A h
    whole = {"parameter": None, "integral": True, "tolerance": 0.01, "formula": str(charge)}
    assert derive(counted * 3600.0, expected, **whole) == ()
    (found,) = derive(counted * 3600.0 * 1.05, expected, **whole)
    assert (found.code, found.values["percent"]) == ("derived-off", pytest.approx(5.0, abs=0.5))
    energy = Definition(of=("current", "voltage"), along="time")
    assert str(energy) == "∫ current·voltage dt"
    assert derive(-energy.expected(time, channels, {}), energy.expected(time, channels, {}),
                  **whole) == ()  # fmt: skip

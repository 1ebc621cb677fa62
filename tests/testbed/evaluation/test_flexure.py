"""Flexure of plastics against curves whose modulus and strength are known in closed form."""

import numpy as np
import pytest
import xarray
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from testbed.evaluation.bending import flexural_strain, flexural_stress
from testbed.evaluation.flexure import evaluate_flexure
from testbed.methods.iso_178 import FlexureTest
from testbed.procedure import Evaluation, complete_parameters, method_data, read_parameter

DATA = method_data("testbed.methods", FlexureTest.id, FlexureTest.version)
# The preferred test piece of ISO 178:2019, 6.1, and its span.
B, H, L = 10.0, 4.0, 64.0
NEWTON = 2 * B * H**2 / (3 * L)  # [N] at 1 MPa
MILLIMETRE = L**2 / (6 * H)  # [mm] at a strain of 1
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def record(stress, strain, **columns) -> xarray.Dataset:
    """A record of this flexural stress [MPa] over strain, as the preferred piece gives it."""
    extension = np.asarray(strain, float) * MILLIMETRE
    rows = {
        "force": np.asarray(stress, float) * NEWTON,
        "extension": extension,
        "travel": 1.2 * extension,
        **columns,
    }
    time = 0.02 * np.arange(len(extension))
    return xarray.Dataset(
        {n: ("time", np.asarray(v, float)) for n, v in rows.items()}, {"time": time}
    )


def evaluate(dataset: xarray.Dataset, **chosen) -> Evaluation:
    given = {"width": B, "thickness": H, "span": L, **chosen}
    return evaluate_flexure(dataset, complete_parameters(FlexureTest, given), DATA)


def value(evaluation: Evaluation, name: str) -> float | None:
    return evaluation.values[name].value


def reason(evaluation: Evaluation, name: str) -> str:
    return evaluation.values[name].reason


def codes(evaluation: Evaluation) -> set[str]:
    return {finding.code for finding in evaluation.findings}


def parabola(modulus, strength, rows=3000, end=1.5):
    """σ = E ε - E² ε²/(4 σ_M): its greatest stress is σ_M, at ε = 2 σ_M/E."""
    strain = np.linspace(0.0, end * 2 * strength / modulus, rows)
    return modulus * strain - (modulus * strain) ** 2 / (4 * strength), strain


def slope_of_parabola(modulus, strength):
    """Between 0.0005 and 0.0025, secant and regression of even rows are one: that at 0.0015."""
    return modulus - modulus**2 / (2 * strength) * 0.0015


def straight(modulus, strength, rows=2000, broken=True):
    """Straight to the break; then nothing carries any more."""
    stress = np.linspace(0.0, strength, rows)
    strain = stress / modulus
    if not broken:
        return stress, strain
    return np.append(stress, [0.0] * 5), np.append(strain, [strain[-1]] * 5)


def test_stress_and_strain_of_the_preferred_piece():
    # ISO 178:2019, 9.1: 3 * 100 N * 64 mm / (2 * 10 mm * 16 mm2) = 60 MPa; 6 * 3.41 * 4 / 64**2.
    assert flexural_stress(np.array([100.0]), span=L, width=B, thickness=H) == pytest.approx(60.0)
    assert flexural_strain(np.array([6.0]), span=L, thickness=H) == pytest.approx(0.03515625)


def test_the_conventional_deflection_is_three_and_a_half_per_cent():
    strain = DATA["conventional"]["deflection"] * H / MILLIMETRE
    assert strain == pytest.approx(0.035, abs=2e-4)


@SLOW
@given(modulus=st.floats(500.0, 20e3), strain=st.floats(0.02, 0.06))
def test_a_parabola_has_its_modulus_and_its_strength(modulus, strain):
    strength = modulus * strain / 2
    stress, strains = parabola(modulus, strength)
    found = evaluate(record(stress, strains))
    truth = slope_of_parabola(modulus, strength)
    assert value(found, "e_regression") == pytest.approx(truth, rel=1e-3)
    assert value(found, "e_secant") == pytest.approx(truth, rel=1e-3)
    assert value(found, "sigma_fm") == pytest.approx(strength, rel=1e-5)
    assert value(found, "epsilon_fm") == pytest.approx(100 * strain, rel=0.01)
    assert "toe-corrected" not in codes(found)


@SLOW
@given(modulus=st.floats(500.0, 20e3), strain=st.floats(0.004, 0.05))
def test_a_straight_curve_breaks_at_its_strength(modulus, strain):
    strength = modulus * strain
    found = evaluate(record(*straight(modulus, strength)))
    assert value(found, "e_modulus") == pytest.approx(modulus, rel=1e-9)
    assert value(found, "e_secant") == pytest.approx(modulus, rel=1e-9)
    assert value(found, "e_r_squared") == pytest.approx(1.0)
    for name in ("sigma_fm", "sigma_fb"):
        assert value(found, name) == pytest.approx(strength, rel=1e-9)
    for name in ("epsilon_fm", "epsilon_fb"):
        assert value(found, name) == pytest.approx(100 * strain, rel=1e-9)


def test_the_modulus_that_was_chosen_is_reported_and_named():
    dataset = record(*parabola(3000.0, 90.0))
    regression, secant = (evaluate(dataset, modulus=m) for m in ("regression", "secant"))
    assert value(regression, "e_modulus") == value(regression, "e_regression")
    assert value(secant, "e_modulus") == value(secant, "e_secant")
    assert "modulus-by-regression" in codes(regression)
    assert "modulus-by-secant" in codes(secant)


def test_the_stress_at_the_conventional_deflection_is_that_of_the_curve():
    found = evaluate(record(*parabola(3000.0, 90.0)))
    strain = 1.5 * H / MILLIMETRE
    assert value(found, "sigma_fc") == pytest.approx(
        3000 * strain - (3000 * strain) ** 2 / (4 * 90.0), rel=1e-4
    )


def with_toe(stress, strain, modulus, toe, slack=0.0):
    """Put slack and a quadratic toe of that strain before a curve; its foot is slack + toe/2."""
    foot = slack + toe / 2
    later = strain > toe / 2
    share = np.linspace(0.0, 1.0, 60)
    return (
        np.concatenate(([0.0], modulus * toe / 2 * share**2, stress[later])),
        np.concatenate(([0.0], slack + toe * share, strain[later] + foot)),
        foot,
    )


@SLOW
@given(modulus=st.floats(1000.0, 15e3), toe=st.floats(2e-4, 8e-4), slack=st.floats(1e-4, 0.01))
def test_a_toe_moves_the_origin_and_not_the_results(modulus, toe, slack):
    stress, strain = straight(modulus, 0.03 * modulus, broken=False)
    toed, moved, foot = with_toe(stress, strain, modulus, toe, slack)
    even = np.linspace(0.0, moved[-1], 6000)
    found = evaluate(record(np.interp(even, moved, toed), even))
    assert value(found, "e_regression") == pytest.approx(modulus, rel=2e-3)
    assert value(found, "e_secant") == pytest.approx(modulus, rel=2e-3)
    assert value(found, "epsilon_fm") == pytest.approx(3.0, abs=0.005)
    (finding,) = [f for f in found.findings if f.code == "toe-corrected"]
    assert finding.values["strain"] == pytest.approx(100 * foot, abs=0.003)


def test_a_record_that_begins_preloaded_is_moved_the_other_way():
    stress, strain = straight(3000.0, 90.0, broken=False)
    later = stress > 1.2
    noise = np.random.default_rng(1).normal(0.0, 0.01, int(later.sum()))
    found = evaluate(record(stress[later] + noise, strain[later] - strain[later][0]))
    (finding,) = [f for f in found.findings if f.code == "toe-corrected"]
    assert finding.values["strain"] == pytest.approx(-0.04, abs=0.002)
    assert value(found, "epsilon_fm") == pytest.approx(3.0, abs=0.005)


@pytest.mark.parametrize(
    ("strength", "broken", "because"),
    [(3.0, True, "broke-before-window"), (3.0, False, "ended-before-window")],
)
def test_a_record_that_ends_before_the_window_says_why(strength, broken, because):
    found = evaluate(record(*straight(3000.0, strength, broken=broken)))
    for name in ("e_modulus", "e_regression", "e_secant", "e_r_squared"):
        assert reason(found, name) == f"reason.{because}"
    assert value(found, "sigma_fm") == pytest.approx(strength)


def test_a_record_up_to_the_very_end_of_the_window_has_a_modulus():
    found = evaluate(record(*straight(3000.0, 3000.0 * 0.0025, broken=False)))
    assert value(found, "e_regression") == pytest.approx(3000.0)
    assert value(found, "e_secant") == pytest.approx(3000.0)


def test_moduli_and_strengths_that_there_are_have_their_budgets():
    found = evaluate(record(*straight(3000.0, 90.0)))
    assert set(found.budgets) == {"e_modulus", "e_regression", "e_secant", "sigma_fm", "sigma_fb"}
    for name, budget in found.budgets.items():
        assert budget.estimate == pytest.approx(value(found, name), rel=1e-12)
    early = evaluate(record(*straight(3000.0, 3.0)))
    assert set(early.budgets) == {"sigma_fm", "sigma_fb"}


def test_few_rows_in_the_window_are_no_regression():
    strain = np.array([0.0, 0.001, 0.002, 0.003, 0.01, 0.02])
    found = evaluate(record(3000.0 * strain, strain))
    assert reason(found, "e_regression") == "reason.few-in-window"
    assert value(found, "e_secant") == pytest.approx(3000.0)


@pytest.mark.parametrize(
    ("strain", "broken", "because"),
    [(0.03, True, "broke-before-conventional"), (0.03, False, "ended-before-conventional")],
)
def test_without_the_conventional_deflection_there_is_no_stress_at_it(strain, broken, because):
    found = evaluate(record(*straight(3000.0, 3000.0 * strain, broken=broken)))
    assert reason(found, "sigma_fc") == f"reason.{because}"


def test_a_piece_that_does_not_break_has_no_stress_at_break():
    found = evaluate(record(*straight(3000.0, 120.0, broken=False)))
    assert reason(found, "sigma_fb") == reason(found, "epsilon_fb") == "reason.no-fracture"
    assert "strength-at-end-of-record" in codes(found)
    assert "strength-at-end-of-record" not in codes(evaluate(record(*parabola(3000.0, 90.0))))


@pytest.mark.parametrize(
    ("span", "told"), [(60.0, False), (68.0, False), (59.9, True), (68.1, True)]
)
def test_the_span_is_sixteen_thicknesses_within_one(span, told):
    found = evaluate(record(*parabola(3000.0, 90.0)), span=span)
    assert ("span-ratio" in codes(found)) is told


@pytest.mark.parametrize(("distance", "told"), [(0.0, False), (10.66, False), (10.67, True)])
def test_a_break_outside_the_middle_third_is_told(distance, told):
    # A third of 64 mm about mid-span reaches 10.667 mm to either side.
    found = evaluate(record(*straight(3000.0, 90.0)), break_distance=distance)
    assert ("break-outside-middle-third" in codes(found)) is told


def test_the_crosshead_serves_where_its_compliance_is_known():
    stress, strain = straight(3000.0, 90.0)
    compliance = 2e-3
    travel = strain * MILLIMETRE + compliance * stress * NEWTON
    rows = record(stress, strain, travel=travel)
    known = evaluate(rows, deflection="crosshead", compliance=compliance)
    unknown = evaluate(rows, deflection="crosshead")
    assert value(known, "e_modulus") == pytest.approx(3000.0, rel=1e-6)
    assert "deflection-from-crosshead" in codes(known)
    assert value(unknown, "e_modulus") < 2900.0
    assert "deflection-uncorrected" in codes(unknown)


def test_a_deflectometer_that_stands_still_is_not_believed():
    stress, strain = straight(3000.0, 90.0)
    rows = record(stress, strain, extension=np.zeros(len(stress)), travel=strain * MILLIMETRE)
    found = evaluate(rows)
    assert value(found, "e_modulus") == pytest.approx(3000.0)
    assert "deflection-uncorrected" in codes(found)


@pytest.mark.parametrize(
    ("force", "extension", "because"),
    [
        ([1.0, 2.0], [0.0, 0.1], "no-record"),
        ([0.0] * 10, np.linspace(0, 1, 10), "no-bending-force"),
        ([-1.0] * 10, np.linspace(0, 1, 10), "no-bending-force"),
        (np.linspace(0, 1, 10), [np.nan] * 10, "no-deflection"),
        (np.linspace(0, 1, 10), [0.5] * 10, "no-deflection"),
    ],
)
def test_what_is_no_record_of_bending_says_why(force, extension, because):
    rows = record(np.zeros(len(force)), np.zeros(len(force)), force=force, extension=extension,
                  travel=extension)  # fmt: skip
    found = evaluate(rows)
    assert {each.reason for each in found.values.values()} == {f"reason.{because}"}


def test_a_top_at_two_strains_is_its_highest_row():
    noise = np.random.default_rng(1).normal(0.0, 1.0, 40)
    strain = np.repeat([0.0, 0.01, 0.02], [1, 20, 19])
    stress = np.where(strain > 0.0, 60.0, 0.0) + noise
    found = evaluate(record(stress, strain))
    assert value(found, "sigma_fm") == pytest.approx(np.max(stress))


def test_rows_without_force_or_deflection_are_left_out_and_counted():
    stress, strain = straight(3000.0, 90.0, broken=False)
    stress[100], strain[200] = np.nan, np.nan
    found = evaluate(record(stress, strain))
    assert value(found, "e_modulus") == pytest.approx(3000.0, rel=1e-9)
    assert sum(f.values["count"] for f in found.findings if f.code == "rows-unusable") == 2


@SLOW
@given(st.randoms(use_true_random=False), st.floats(1000.0, 10e3))
def test_the_order_of_rows_does_not_matter(random, modulus):
    dataset = record(*parabola(modulus, 0.03 * modulus, rows=400))
    places = list(range(dataset.sizes["time"]))
    random.shuffle(places)
    once, again = evaluate(dataset), evaluate(dataset.isel(time=places))
    assert once == again


@SLOW
@given(st.floats(0.1, 10.0))
def test_a_larger_piece_of_the_same_shape_has_the_same_results(scale):
    """All lengths by one factor, force by its square: stress and strain stay as they are."""
    stress, strain = parabola(3000.0, 90.0)
    small = record(stress, strain)
    large = small.assign(
        force=small["force"] * scale**2,
        extension=small["extension"] * scale,
        travel=small["travel"] * scale,
    )
    once = evaluate(small)
    again = evaluate(large, width=B * scale, thickness=H * scale, span=L * scale)
    for name, each in once.values.items():
        assert again.values[name].value == pytest.approx(each.value, rel=1e-6), name


@SLOW
@given(st.floats(0.1, 10.0))
def test_stress_and_modulus_grow_with_the_force(factor):
    small = record(*parabola(3000.0, 90.0))
    once, again = evaluate(small), evaluate(small.assign(force=small["force"] * factor))
    for name in ("e_regression", "e_secant", "sigma_fm", "sigma_fc"):
        assert value(again, name) == pytest.approx(factor * value(once, name), rel=1e-6)
    assert value(again, "epsilon_fm") == pytest.approx(value(once, "epsilon_fm"), rel=1e-6)


@pytest.mark.parametrize(
    ("name", "typed"),
    [("width", "1 cm"), ("thickness", "4000 um"), ("span", "0.064 m"), ("speed", "0.12 m/h")],
)
def test_prefixes_of_units_do_not_matter(name, typed):
    declared = FlexureTest.declared_params()[name]
    plain = {"width": B, "thickness": H, "span": L, "speed": 2.0}[name]
    assert read_parameter(declared, typed) == pytest.approx(plain, rel=1e-12)


def as_recorded(stress, strain, random):
    """As a machine with 16 bits of force, 0.05 % of full scale of noise and 50 Hz has it."""
    even = np.arange(0.0, strain[-1], 0.01 / 60 / 50)  # 1 % of strain a minute
    force = np.interp(even, strain, stress) * NEWTON
    full = float(np.max(force)) * random.uniform(1.05, 2.0)
    force = force + random.normal(0.0, 5e-4 * full, len(force))
    step = full / 2**15
    deflection = np.round(even * MILLIMETRE / 1e-4) * 1e-4
    return record(np.round(force / step) * step / NEWTON, deflection / MILLIMETRE)


def drawn(random):
    """A piece of random law, toe and slack; with its modulus in the window and its strength."""
    modulus = random.uniform(1500.0, 15e3)
    strength = modulus * random.uniform(0.015, 0.03)
    toe, slack = random.uniform(0.0, 8e-4), random.uniform(0.0, 2e-3)
    if random.integers(2):
        curve, truth = straight(modulus, strength, 4000, broken=False), modulus
    else:
        curve, truth = parabola(modulus, strength), slope_of_parabola(modulus, strength)
    stress, strain, _ = with_toe(*curve, modulus, toe, slack)
    return as_recorded(stress, strain, random), truth, strength


def test_random_pieces_as_recorded_give_their_modulus_and_strength():
    """Bounds: at 50 Hz and 1 %/min, 600 rows lie in the window, σ(E)/E is about 0.15 %."""
    random = np.random.default_rng(178)
    off = []
    for _ in range(300):
        dataset, modulus, strength = drawn(random)
        found = evaluate(dataset)
        off.append(
            (
                value(found, "e_regression") / modulus - 1,
                value(found, "e_secant") / modulus - 1,
                value(found, "sigma_fm") / strength - 1,
            )
        )
    regression, secant, strength = np.abs(np.array(off)).T
    assert np.max(regression) < 0.01
    assert np.max(secant) < 0.01
    assert np.max(strength) < 0.0015
    # No bias beside the scatter.
    assert np.abs(np.mean(np.array(off), axis=0)).max() < 5e-4

"""Uncertainty against published examples; see `testbed.validation.gum` and SOURCES.md there.

A published figure that is changed must be missed, and inputs that are changed must be followed.
"""

import copy
import json
import math

import pytest

from testbed.validation.gum import cases
from testbed.validation.gum_reading import Printed, read_input
from tests.norms.reference import reference


@pytest.fixture(scope="module")
def published():
    return json.loads(reference("gum", "acceptance_values.json").read_text(encoding="utf-8"))


@pytest.fixture
def judged(tmp_path):
    def judge(values):
        folder = tmp_path / "gum"
        folder.mkdir(exist_ok=True)
        (folder / "acceptance_values.json").write_text(json.dumps(values), encoding="utf-8")
        return list(cases(tmp_path))

    return judge


def test_every_published_example_is_reached():
    found = list(cases(reference("gum", "acceptance_values.json").parents[1]))
    assert [case for case in found if not case.holds] == []
    assert len({case.source for case in found}) == len(found)


# Where it stands, and what is put there instead: two units of the last digit off, more where a
# simulation is granted some.
CHANGED = [
    (("GUM_H1_end_gauge", "published", "l_nm"), 50000840),
    (("GUM_H1_end_gauge", "published", "u_c"), 34),
    (("GUM_H1_end_gauge", "published", "nu_eff_truncated"), 17),
    (("GUM_H1_end_gauge", "published", "k99"), 2.94),
    (("GUM_H1_end_gauge", "published", "U99"), 95),
    (("GUM_H1_end_gauge", "published", "u_c_second_order"), 32),
    (("GUM_H1_end_gauge", "published", "second_order_terms", 1), 1.5),
    (("GUM_H1_end_gauge", "published", "JCGM101_MCM", "interval99", 0), 742),
    (("GUM_H2_R_X_Z", "published", "X", 1), 0.297),
    (("GUM_H2_R_X_Z", "published", "r_RZ"), -0.487),
    (("GUM_H2_R_X_Z", "data", "I_mA", 2), 19.670),
    (("GUM_H3_thermometer", "published", "b30", 1), 0.0043),
    (("GUM_H3_thermometer", "t0"), 21.0),
    (("GUM_H5_anova", "published", "F"), 2.23),
    (("GUM_H5_anova", "day_sd_uV", 0), 90),
    (("JCGM101_9_2", "four_rect_unit_sd", "sym95", 1), 3.92),
    (("NIST_TN1900", "E13_thermal_expansion", "u"), 1.78e-06),
    (("NPL_log_example", "MCM", "shortest95", 0), -1.910),
    (("NPL_log_example", "model"), "y=ln(x), x~U(10.1,11.1)"),
    (("EA_4_02", "S2_weight_10kg", "published", "u_mg"), 29.5),
    (("EA_4_02", "S3_resistor_10k", "inputs", "dR_TX"), "rect 0.0065"),
    (("EA_4_02", "S4_gauge_block_50mm", "components_nm", 0), 16.0),
    (("EA_4_02", "S9_DMM_100V", "published", "distribution"), "trapezoidal beta=0.33"),
    (("EA_4_02", "S10_caliper_150mm", "published", "k"), 1.85),
    (("k_p_9545_table", "nu_k", "7"), 2.45),
    (("spec_to_u", "DMM_10V_1yr_0.0035pct_rdg_0.0005pct_rng_at_5V", "u_rect_V"), 0.00012990391),
    (("ILAC_G8_guard_band", "w_over_U", 2), 0.9),
    (("vickers", "exact"), "0.102*2*sin(68deg)=0.189148"),
    (("psd", "asd_(m/s2)2_per_Hz", 1), 5.001),
]


@pytest.mark.parametrize(("place", "value"), CHANGED, ids=lambda each: str(each)[:60])
def test_what_is_changed_is_missed(published, judged, place, value):
    entry = copy.deepcopy(published[place[0]])
    inner = {place[0]: entry}
    for key in place[:-1]:
        inner = inner[key]
    assert inner[place[-1]] != value
    inner[place[-1]] = value
    assert any(not case.holds for case in judged({place[0]: entry}))


def test_the_end_gauge_with_twice_the_uncertainties(published, judged):
    """First order doubles, second-order terms become four times as large, ν and k stay."""
    entry = copy.deepcopy(published["GUM_H1_end_gauge"])
    for given in entry["inputs"].values():
        for size in ("u", "rect_half", "arcsine_half"):
            if size in given:
                given[size] *= 2.0
    first = entry["computed"]["u_c"]
    second = entry["computed"]["u_c_second_order"] ** 2 - first**2
    entry["published"] |= {
        "u_c": round(2.0 * first, 1),
        "u_c_second_order": round(math.sqrt(4.0 * first**2 + 16.0 * second), 1),
        "U99": round(2.0 * entry["computed"]["U99_trunc16"], 1),
        "second_order_terms": [46.9, 6.7],
    }
    del entry["computed"], entry["published"]["JCGM101_MCM"]
    found = judged({"GUM_H1_end_gauge": entry})
    assert len(found) > 7
    assert [case for case in found if not case.holds] == []


def test_another_thermometer(judged):
    """Points on a line by construction: residuals ±0.01 in turn about 0.3 + 0.02 (t - 10)."""
    t = [10.0, 12.0, 14.0, 16.0]
    off = [0.01, -0.01, -0.01, 0.01]
    s = math.sqrt(4e-4 / 2.0)
    entry = {
        "t_C": t,
        "b_C": [0.3 + 0.02 * (each - 10.0) + o for each, o in zip(t, off, strict=True)],
        "t0": 10.0,
        "published": {
            "y1": [0.3, round(s * math.sqrt(0.25 + 9.0 / 20.0), 6)],
            "y2": [0.02, round(s / math.sqrt(20.0), 6)],
            "r": round(-3.0 / math.sqrt(20.0) / math.sqrt(0.25 + 9.0 / 20.0), 4),
            "s": round(s, 6),
            "b20": [0.5, round(s * math.sqrt(0.25 + 49.0 / 20.0), 6)],
            "dof": 2,
        },
    }
    found = judged({"GUM_H3_thermometer": entry})
    assert len(found) == 9
    assert [case for case in found if not case.holds] == []


def test_what_is_not_known_does_not_pass_in_silence(judged):
    unknown, broken = judged({"another": {}, "psd": {"breakpoints_Hz": [1, 2]}, "note": "x"})
    assert not unknown.holds
    assert unknown.source == "another"
    assert not broken.holds
    assert "KeyError" in broken.obtained


@pytest.mark.parametrize(
    ("written", "x", "u"),
    [
        ([10000005, "U=45,k=2"], 10000005.0, 22.5),
        ([20, "s_p=25, n=3"], 20.0, 25.0 / math.sqrt(3.0)),
        ("rect 15 (EA table prints 8.95 mg)", 0.0, 15.0 / math.sqrt(3.0)),
        ([1, "triangular 1e-6"], 1.0, 1e-6 / math.sqrt(6.0)),
        ([1.0000105, 7e-8], 1.0000105, 7e-8),
        ({"x": 0, "arcsine_half": 0.5}, 0.0, 0.5 / math.sqrt(2.0)),
        (3.0, 3.0, 0.0),
    ],
)
def test_inputs_in_words(written, x, u):
    found = read_input("q", written)
    assert found.estimate == x
    assert found.uncertainty == pytest.approx(u, rel=1e-15)


@pytest.mark.parametrize("written", ["about 3", [1, 2, 3], {"x": 1}, [1, "about 3"]])
def test_inputs_in_other_words_are_refused(written):
    with pytest.raises(ValueError, match="q: an input"):
        read_input("q", written)


def test_a_printed_number_keeps_its_zeros():
    assert Printed("-0.930").text == "-0.930"
    assert Printed("-0.930") == -0.93

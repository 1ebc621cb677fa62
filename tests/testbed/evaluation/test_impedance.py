"""Circuits from text, their fit to synthetic spectra, the Kramers-Kronig test, the fixture."""

import math

import numpy as np
import pytest
import xarray
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.evaluation.circuit_fit import fit_circuit
from testbed.evaluation.electrical_budgets import two_pole_budget
from testbed.evaluation.equivalent_circuit import CircuitError, read_circuit
from testbed.evaluation.impedance import compensated, evaluate_impedance, two_pole
from testbed.evaluation.kramers_kronig import kramers_kronig
from testbed.evaluation.uncertainty.sources import standard
from testbed.methods.impedance_sweep import ImpedanceSweep
from testbed.procedure import complete_parameters, method_data

DATA = method_data("testbed.methods", "tb-impedance", "1")
PHASES = tuple(each.name for each in ImpedanceSweep.declared_phases())
FREQUENCIES = np.geomspace(0.01, 1e5, 57)

# A cell, an electrode with a depressed arc, diffusion of both bounded kinds, a coil, a capacitor.
TRUTHS = {
    "R0-p(R1,C1)": {"R0": 10.0, "R1": 100.0, "C1": 1e-5},
    "R0-p(R1,CPE1)": {"R0": 0.1, "R1": 2.0, "CPE1.Q": 0.02, "CPE1.n": 0.8},
    "R0-p(R1,C1)-p(R2,C2)": {"R0": 1.0, "R1": 8.0, "C1": 0.05, "R2": 5.0, "C2": 2e-4},
    "R0-p(R1-W1,C1)": {"R0": 0.02, "R1": 0.05, "W1": 0.01, "C1": 0.3},
    "R0-p(R1,C1)-Wo1": {"R0": 0.02, "R1": 0.03, "C1": 0.5, "Wo1.Z0": 0.06, "Wo1.tau": 20.0},
    "L0-R0-p(R1,C1)-Ws1": {
        "L0": 1e-7, "R0": 0.02, "R1": 0.03, "C1": 0.05, "Ws1.Z0": 0.06, "Ws1.tau": 5.0,
    },
    "p(L1-R1,C1)": {"L1": 1e-3, "R1": 1.0, "C1": 1e-10},
}  # fmt: skip


def measured(circuit, values, *, seed=1, noise=5e-4, frequencies=FREQUENCIES):
    """Each part in 16 bit of its range, with noise of 0.05 % of it; the range follows |Z|."""
    z = read_circuit(circuit).impedance(frequencies, values)
    full = 2.0 ** np.ceil(np.log2(np.abs(z)))
    random = np.random.default_rng(seed)
    step = full / 2**15

    def part(exact):
        return np.round((exact + random.normal(0.0, noise, len(exact)) * full) / step) * step

    return part(z.real) + 1j * part(z.imag)


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        # At w = 2 rad/s, by the definitions of Barsoukov and Macdonald.
        ("R1", {"R1": 3.0}, 3.0),
        ("L1", {"L1": 3.0}, 6j),
        ("C1", {"C1": 0.25}, -2j),
        ("CPE1", {"CPE1.Q": 0.25, "CPE1.n": 1.0}, -2j),
        ("CPE1", {"CPE1.Q": 0.25, "CPE1.n": 0.0}, 4.0),
        ("W1", {"W1": math.sqrt(2.0)}, 1 - 1j),
        ("Wo", {"Wo.Z0": 2.0, "Wo.tau": 1e9}, 2.0 / np.sqrt(2e9j)),
        ("Wo", {"Wo.Z0": 2.0, "Wo.tau": 1e-9}, 2.0 / 3.0 + 2.0 / 2e-9j),
        ("Ws", {"Ws.Z0": 2.0, "Ws.tau": 1e9}, 2.0 / np.sqrt(2e9j)),
        ("Ws", {"Ws.Z0": 2.0, "Ws.tau": 1e-9}, 2.0),
        ("R1-p(R2,C1)", {"R1": 1.0, "R2": 2.0, "C1": 0.25}, 2 - 1j),
    ],
)
def test_each_element_is_as_it_is_defined(kind, values, expected):
    (found,) = read_circuit(kind).impedance(1.0 / math.pi, values)
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    "text",
    ["", "R", "R1-R1", "X1", "R1-", "p(R1)", "p(R1,C1", "R1)", "p(R1,,C1)", "Rx", "R1C1", "r1",
     "__import__('os')", "p(" * 30 + "R1", "R1-" * 200 + "R2", "R1;C1", "R1+C1"],
)  # fmt: skip
def test_what_is_no_circuit_is_refused(text):
    if text == "R":
        assert [p.name for p in read_circuit(text).parameters] == ["R"]
        return
    with pytest.raises(CircuitError):
        read_circuit(text)


def test_spaces_do_not_count_and_elements_nest():
    circuit = read_circuit(" R0 - p( R1 - p(R2, C2), CPE1 ) - Wo ")
    names = [p.name for p in circuit.parameters]
    assert names == ["R0", "R1", "R2", "C2", "CPE1.Q", "CPE1.n", "Wo.Z0", "Wo.tau"]
    assert circuit.text == "R0-p(R1-p(R2,C2),CPE1)-Wo"


@pytest.mark.parametrize("circuit", TRUTHS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_parameters_are_found_again(circuit, seed):
    frequencies = np.geomspace(1e2, 1e6, 57) if circuit.startswith("p(L1") else FREQUENCIES
    truth = TRUTHS[circuit]
    z = measured(circuit, truth, seed=seed, frequencies=frequencies)
    found = fit_circuit(circuit, frequencies, z)
    # 0.05 % of a range that is up to twice |Z|, from which a residual is at most 0.1 %.
    assert found.residual < 1.5e-3
    assert found.at_bounds == ()
    for name, value in truth.items():
        off = abs(found.values[name] - value)
        assert off < 5.0 * found.deviations[name], name
        assert off < 0.1 * value, name


def test_deviations_cover_the_truth_as_often_as_they_say():
    circuit, truth = "R0-p(R1,C1)", TRUTHS["R0-p(R1,C1)"]
    covered = []
    for seed in range(60):
        z = read_circuit(circuit).impedance(FREQUENCIES, truth)
        random = np.random.default_rng(seed)
        z = z + 0.05 * (random.normal(size=len(z)) + 1j * random.normal(size=len(z)))
        found = fit_circuit(circuit, FREQUENCIES, z, uncertainty=0.05, starts=4)
        covered += [abs(found.values[n] - truth[n]) < 1.96 * found.deviations[n] for n in truth]
    # 180 trials of 0.95: three standard deviations are 0.049.
    assert np.mean(covered) == pytest.approx(0.95, abs=0.049)


def test_known_uncertainties_make_chi_square_that_of_the_degrees_of_freedom():
    circuit, truth = "R0-p(R1,C1)", TRUTHS["R0-p(R1,C1)"]
    random = np.random.default_rng(5)
    noise = 0.05 * (random.normal(size=57) + 1j * random.normal(size=57))
    z = read_circuit(circuit).impedance(FREQUENCIES, truth) + noise
    found = fit_circuit(circuit, FREQUENCIES, z, uncertainty=0.05)
    assert found.degrees_of_freedom == 2 * 57 - 3
    assert abs(found.chi_square - 111.0) < 4.0 * math.sqrt(2 * 111.0)


@settings(max_examples=10, deadline=None)
@given(st.floats(-9.0, 9.0), st.randoms(use_true_random=False))
def test_scaling_and_order_change_nothing_but_the_scale(power, random):
    circuit = "R0-p(R1,C1)"
    factor = 10.0**power
    z = measured(circuit, TRUTHS[circuit])
    order = list(range(len(z)))
    random.shuffle(order)
    first = fit_circuit(circuit, FREQUENCIES, z, starts=4)
    other = fit_circuit(circuit, FREQUENCIES[order], factor * z[order], starts=4)
    for name, scale in (("R0", factor), ("R1", factor), ("C1", 1.0 / factor)):
        assert other.values[name] == pytest.approx(first.values[name] * scale, rel=1e-5)
        assert other.deviations[name] == pytest.approx(first.deviations[name] * scale, rel=1e-3)
    assert other.residual == pytest.approx(first.residual, rel=1e-6)
    one = kramers_kronig(FREQUENCIES, z)
    two = kramers_kronig(FREQUENCIES[order], factor * z[order])
    assert two.residual == pytest.approx(one.residual, rel=1e-6)


def test_interchangeable_parts_stand_in_falling_order_unless_they_were_given():
    circuit = "R0-p(R1,C1)-p(R2,C2)"
    truth = {"R0": 1.0, "R1": 5.0, "C1": 2e-4, "R2": 8.0, "C2": 0.05}
    z = read_circuit(circuit).impedance(FREQUENCIES, truth)
    found = fit_circuit(circuit, FREQUENCIES, z).values
    assert (found["R1"], found["R2"]) == pytest.approx((8.0, 5.0), rel=1e-4)
    started = fit_circuit(circuit, FREQUENCIES, z, start={**truth, "R1": 6.0}).values
    assert (started["R1"], started["R2"]) == pytest.approx((5.0, 8.0), rel=1e-4)
    held = fit_circuit(circuit, FREQUENCIES, z, fixed={"R1": 5.0}).values
    assert (held["R1"], held["R2"]) == pytest.approx((5.0, 8.0), rel=1e-4)


def test_what_the_data_do_not_determine_is_told():
    z = read_circuit("R0-R1-p(R2,C2)").impedance(
        FREQUENCIES, {"R0": 5.0, "R1": 5.0, "R2": 100.0, "C2": 1e-5}
    )
    found = fit_circuit("R0-R1-p(R2,C2)", FREQUENCIES, z)
    assert math.isinf(found.deviations["R0"])
    assert math.isinf(found.deviations["R1"])
    assert found.deviations["R2"] < 1.0
    # An arc that is not there shrinks to an end of its range.
    alone = fit_circuit("R0-p(R1,C1)", FREQUENCIES, np.full(57, 10.0 + 0j))
    assert alone.values["R0"] + alone.values["R1"] >= 9.99
    assert alone.residual < 1e-3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fixed": {"R9": 1.0}}, "R9"),
        ({"frequency": [1.0, -1.0]}, "above zero"),
        ({"impedance": [1.0, math.nan]}, "not finite"),
        ({"impedance": [1.0, 1.0, 1.0]}, "shapes"),
        ({"impedance": [1.0, 0.0]}, "is zero or"),
        ({"circuit": "R0-p(R1,C1)-L1"}, "do not determine"),
    ],
)
def test_what_cannot_be_fitted_is_refused(change, message):
    given_ = {"circuit": "R0-C1", "frequency": [1.0, 2.0], "impedance": [1.0 - 1j, 1.0 - 2j]}
    with pytest.raises(ValueError, match=message):
        fit_circuit(**(given_ | change))


@pytest.mark.parametrize("circuit", [c for c in TRUTHS if not c.startswith("p(L1")])
def test_spectra_of_two_poles_pass_kramers_kronig(circuit):
    assert kramers_kronig(FREQUENCIES, measured(circuit, TRUTHS[circuit])).residual < 0.002


def test_spectra_that_drifted_or_were_cut_fail_kramers_kronig():
    z = read_circuit("R0-p(R1,C1)").impedance(FREQUENCIES, TRUTHS["R0-p(R1,C1)"])
    assert kramers_kronig(FREQUENCIES, z).residual < 2e-4
    # The real part of another specimen, an imaginary part that is too small, a jump meanwhile.
    assert kramers_kronig(FREQUENCIES, z.real + 0.8j * z.imag).residual > 0.005
    assert kramers_kronig(FREQUENCIES, 1.2 * z.real + 1j * z.imag).residual > 0.005
    jumped = np.where(np.arange(57) < 30, 1.0, 1.1) * z
    assert kramers_kronig(FREQUENCIES, jumped).residual > 0.005
    with pytest.raises(ValueError, match="few"):
        kramers_kronig([1.0, 2.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="one frequency"):
        kramers_kronig([1.0] * 8, [1.0] * 8)


def test_quantities_of_a_capacitor_and_of_a_coil():
    w = 2e3 * math.pi
    capacitor = two_pole(1e3, 0.5 + 1.0 / (1j * w * 1e-6))
    assert capacitor.series_capacitance[0] == pytest.approx(1e-6)
    assert capacitor.dissipation[0] == pytest.approx(0.5 * w * 1e-6)
    assert capacitor.quality[0] == pytest.approx(1.0 / (0.5 * w * 1e-6))
    assert capacitor.angle[0] < -89.0
    leaking = two_pole(1e3, 1.0 / (1j * w * 1e-6 + 1e-4))
    assert leaking.parallel_capacitance[0] == pytest.approx(1e-6)
    assert leaking.parallel_resistance[0] == pytest.approx(1e4)
    coil = two_pole(1e3, 2.0 + 1j * w * 1e-3)
    assert coil.series_inductance[0] == pytest.approx(1e-3)
    assert coil.resistance[0] == pytest.approx(2.0)
    assert math.isinf(two_pole(1e3, 5.0).dissipation[0])


@given(
    st.complex_numbers(min_magnitude=1e-3, max_magnitude=1e6),
    st.floats(0.0, 1.0), st.floats(0.0, 1e-6), st.floats(0.0, 1e-9), st.floats(0.0, 1e-9),
)  # fmt: skip
def test_the_fixture_is_taken_out_exactly(z, r, h, siemens, farad):
    w = 2e4 * math.pi
    series, across = r + 1j * w * h, siemens + 1j * w * (farad + 1e-13)
    seen = series + z / (1.0 + z * across)
    found = compensated(seen, opened=series + 1.0 / across, shorted=series)
    assert abs(found - z) < 1e-6 * abs(z) * (1.0 + abs(z * across)) + 1e-9 * abs(series)
    assert compensated(seen) == seen


def test_the_budget_of_a_capacitance_follows_its_reactance():
    # u(C)/C = u(X)/X; u(D) = u(R)/|X| where R is small.
    r, x = standard("r", 0.1, 0.01, unit="ohm"), standard("x", -159.155, 0.159155, unit="ohm")
    capacitance = two_pole_budget("series_capacitance", 1e3, r, x)
    assert capacitance.uncertainty / capacitance.estimate == pytest.approx(1e-3, rel=1e-6)
    dissipation = two_pole_budget("dissipation", 1e3, r, x)
    assert dissipation.uncertainty == pytest.approx(0.01 / 159.155, rel=1e-4)


def record(z, *, opened=None, shorted=None, frequencies=FREQUENCIES, order=None):
    sweeps = [("sweep_open", opened), ("sweep_short", shorted), ("sweep", z)]
    taken = [(PHASES.index(name), each) for name, each in sweeps if each is not None]
    f = np.concatenate([frequencies for _ in taken])
    z = np.concatenate([each for _, each in taken])
    at = np.concatenate([np.full(len(frequencies), place) for place, _ in taken])
    rows = np.arange(len(f)) if order is None else np.array(order)
    return xarray.Dataset(
        {
            "frequency": ("time", f[rows]),
            "resistance": ("time", z.real[rows]),
            "reactance": ("time", z.imag[rows]),
            "phase": ("time", at[rows]),
        },
        {"time": np.arange(float(len(f)))},
    )


def evaluated(dataset, **parameters):
    known = complete_parameters(ImpedanceSweep, {"reference_frequency": 10.0, **parameters})
    return evaluate_impedance(dataset, known, DATA, PHASES)


def spectrum(circuit="R0-p(R1,C1)"):
    frequencies = np.unique(np.append(FREQUENCIES, 10.0))
    return frequencies, measured(circuit, TRUTHS[circuit], frequencies=frequencies)


def test_a_record_gives_quantities_circuit_and_plausibility():
    f, z = spectrum()
    found = evaluated(record(z, frequencies=f), circuit="R0-p(R1,C1)")
    exact = read_circuit("R0-p(R1,C1)").impedance(10.0, TRUTHS["R0-p(R1,C1)"])[0]
    assert found.values["magnitude"].value == pytest.approx(abs(exact), rel=0.005)
    assert found.values["series_capacitance"].value == pytest.approx(
        -1.0 / (20.0 * math.pi * exact.imag), rel=0.02
    )
    assert found.values["series_inductance"].reason == "reason.not-inductive"
    assert found.values["plausibility"].value < 0.2
    assert found.values["fit_residual"].value < 0.15
    told = {f.values["name"]: f.values for f in found.findings if f.code == "circuit-parameter"}
    assert told["R1"]["value"] == pytest.approx(100.0, rel=0.005)
    assert told["C1"]["unit"] == "F"
    assert found.constructions[0].code == "fitted-circuit"


def test_the_order_of_rows_does_not_count():
    f, z = spectrum()
    order = np.random.default_rng(3).permutation(len(f))
    one = evaluated(record(z, frequencies=f), circuit="R0-p(R1,C1)")
    two = evaluated(record(z, frequencies=f, order=order), circuit="R0-p(R1,C1)")
    assert one.values == two.values


def test_a_fixture_is_corrected_for_and_an_implausible_one_is_named():
    f, z = spectrum()
    w = 2.0 * np.pi * f
    series, across = 0.5 + 1j * w * 1e-8, 1j * w * 1e-11
    seen = series + z / (1.0 + z * across)
    shorted, opened = series + 0.0 * w, series + 1.0 / across
    exact = evaluated(record(z, frequencies=f)).values["magnitude"].value
    whole = record(seen, opened=opened, shorted=shorted, frequencies=f)
    assert evaluated(whole, fixture="open-short").values["magnitude"].value == pytest.approx(exact)
    # Measured as it is, the half ohm of the leads is in it.
    assert evaluated(whole).values["series_resistance"].value == pytest.approx(
        evaluated(whole, fixture="open-short").values["series_resistance"].value + 0.5, abs=1e-3
    )
    never_open = evaluated(record(seen, opened=seen, shorted=seen, frequencies=f),
                           fixture="open-short")  # fmt: skip
    assert never_open.values["magnitude"].value is None
    assert [(x.code, x.invalidates) for x in never_open.findings] == [("fixture-implausible", True)]
    missing = evaluated(record(seen, opened=opened, frequencies=f), fixture="open-short")
    assert missing.values["magnitude"].reason == "reason.fixture-not-measured"


def test_a_spectrum_that_cannot_be_is_named():
    f, z = spectrum()
    found = evaluated(record(np.where(f > 100.0, 1.3, 1.0) * z, frequencies=f))
    assert "kramers-kronig" in {x.code for x in found.findings}
    assert found.values["fit_residual"].reason == "reason.no-circuit-asked"
    assert "kramers-kronig" not in {x.code for x in evaluated(record(z, frequencies=f)).findings}


def test_a_circuit_that_does_not_fit_or_is_not_determined_is_named():
    f, z = spectrum()
    codes = {x.code for x in evaluated(record(z, frequencies=f), circuit="R0-C1").findings}
    assert "circuit-unfit" in codes
    codes = {x.code for x in evaluated(record(z, frequencies=f),
                                       circuit="R0-p(R1,C1)-p(R2,C2)-Wo1").findings}  # fmt: skip
    assert "circuit-parameter-undetermined" in codes
    few = evaluated(record(z[:1], frequencies=f[:1]), circuit="R0-p(R1,C1)")
    assert few.values["fit_residual"].reason == "reason.circuit-not-determined"
    assert few.values["plausibility"].reason == "reason.too-few-frequencies"
    assert few.values["magnitude"].reason == "reason.reference-frequency-not-measured"
    assert evaluated(record(z[:0], frequencies=f[:0])).values["magnitude"].reason == (
        "reason.no-impedance"
    )


def test_inductive_points_may_be_dropped_and_unusable_rows_are_counted():
    f = np.unique(np.append(np.geomspace(1.0, 1e6, 40), 10.0))
    truth = {"L0": 1e-6, "R0": 0.5, "R1": 5.0, "C1": 1e-3}
    z = read_circuit("L0-R0-p(R1,C1)").impedance(f, truth)
    z[3] = math.nan
    found = evaluated(record(z, frequencies=f), circuit="R0-p(R1,C1)", inductive="dropped")
    values = {x.code: x.values for x in found.findings}
    assert values["rows-unusable"]["count"] == 1
    assert values["inductive-dropped"]["count"] > 5

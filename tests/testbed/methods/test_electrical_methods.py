"""Efficiency, impedance and contact resistance on simulated instruments, through the engine."""

import math
from pathlib import Path

import pytest
import xarray

from testbed.domain.conformity import Outcome
from testbed.engine.ports import Ending
from testbed.evaluation.equivalent_circuit import read_circuit
from tests.testbed.methods.electrical_benches import BRIDGE, CONTACT, CONVERTER, electrical

pytestmark = pytest.mark.xdist_group("electrical-methods")

RATED = {
    "nominal_voltage": 12.0,
    "rated_voltage": 5.0,
    "rated_current": 3.0,
    "input_limit": 3.0,
}
RANDLES = """
[simulator.impedance]
kind = "randles"
resistance = 0.02
transfer = 0.05
warburg = 0.01
capacitance = 0.1
stray_inductance = 0.0
[simulator.fixture]
resistance = 0.1
inductance = 2e-8
capacitance = 1e-11
"""


def values(result):
    return {each.measurand: each.value for each in result.judgements}


def codes(result):
    return [finding.code for finding in result.findings]


def expected_efficiency(level: float, share: float) -> float:
    """Give the efficiency of the default converter [%], its coil not warmer than in the room."""
    amperes = 3.0 * share
    out = amperes * (5.0 - 0.005 * amperes)
    lost = 0.06 + 2e-5 * level**2 + 0.014 * level * amperes + 0.08 * amperes**2
    return 100.0 * out / (out + lost)


def test_the_efficiency_of_a_converter_is_that_of_its_losses(tmp_path: Path) -> None:
    with electrical(CONVERTER, tmp_path) as bench:
        given = {**RATED, "lowest_voltage": 9.0, "highest_voltage": 24.0, "least": 90.0}
        result = bench.run(tmp_path / "R-1.h5", "tb-efficiency", given)
        assert bench.outputs() == {"supply": False, "load": False}
    assert (result.ending, result.outcome) == (Ending.COMPLETED, Outcome.PASS), result
    assert codes(result) == []
    found = values(result)
    # The analysers' own errors are 0.05 % of reading and of range; a warm coil loses 0.2 % more.
    cec = {0.1: 0.04, 0.2: 0.05, 0.3: 0.12, 0.5: 0.21, 0.75: 0.53, 1.0: 0.05}
    for name, level in (("cec", 12.0), ("cec_low", 9.0), ("cec_high", 24.0)):
        exact = sum(weight * expected_efficiency(level, share) for share, weight in cec.items())
        assert found[name] == pytest.approx(exact, abs=0.4), name
    assert found["full_load"] == pytest.approx(expected_efficiency(12.0, 1.0), abs=0.5)
    assert found["cec_low"] > found["cec"] > found["cec_high"]
    assert found["peak"] >= found["full_load"]
    with xarray.open_dataset(tmp_path / "R-1.h5", engine="h5netcdf") as record:
        assert set(record["load_level"].to_numpy()) == {5.0, 10.0, 20.0, 30.0, 50.0, 75.0, 100.0}
        assert record["input_power"].attrs["units"] == "W"


def test_a_supply_that_is_limited_leaves_points_without_power(tmp_path: Path) -> None:
    with electrical(CONVERTER, tmp_path) as bench:
        given = {**RATED, "input_limit": 0.5}
        result = bench.run(tmp_path / "R-1.h5", "tb-efficiency", given)
    assert result.ending is Ending.COMPLETED
    assert codes(result) == ["no-power"] * 3
    assert result.outcome is Outcome.FAIL
    assert values(result)["cec"] is None


def test_a_converter_that_keeps_warming_is_named_as_not_settled(tmp_path: Path) -> None:
    slow = CONVERTER.replace(
        'kind = "converter"',
        'kind = "converter"\nthermal_tau = 4000.0\nthermal_resistance = 40.0\n'
        "conduction_resistance = 0.4\nshutdown = 400.0\nrestart = 300.0",
    )
    with electrical(slow, tmp_path) as bench:
        result = bench.run(tmp_path / "R-1.h5", "tb-efficiency", RATED)
    assert "not-settled" in codes(result)
    assert result.outcome is Outcome.INVALID


def test_the_circuit_of_an_electrode_is_found_through_a_fixture(tmp_path: Path) -> None:
    parameters = {
        "lowest": 20.0, "highest": 1e5, "fixture": "open-short", "circuit": "R0-p(R1-W1,C1)",
    }  # fmt: skip
    with electrical(BRIDGE + RANDLES, tmp_path) as bench:
        answer = bench.answer
        model = {"kind": "randles", "resistance": 0.02, "transfer": 0.05, "warburg": 0.01,
                 "capacitance": 0.1, "stray_inductance": 0.0}  # fmt: skip
        mounted = {
            "prompt.tb-impedance.open": {"kind": "open"},
            "prompt.tb-impedance.short": {"kind": "short"},
            "prompt.tb-impedance.connect": model,
        }

        def operate(progress):  # what the operator does before saying that it is done
            if progress.prompt is not None:
                bench.control.ask("specimen", part="impedance", model=mounted[progress.prompt.code])
            return answer(progress)

        bench.answer = operate
        result = bench.run(tmp_path / "R-1.h5", "tb-impedance", parameters)
    assert result.ending is Ending.COMPLETED, result
    exact = read_circuit("R0-p(R1-W1,C1)").impedance(
        1e3, {"R0": 0.02, "R1": 0.05, "W1": 0.01, "C1": 0.1}
    )[0]
    found = values(result)
    assert found["magnitude"] == pytest.approx(abs(exact), rel=2e-3)
    assert found["series_resistance"] == pytest.approx(exact.real, rel=2e-3)
    assert found["plausibility"] < 0.3
    told = {f.values["name"]: f.values for f in result.findings if f.code == "circuit-parameter"}
    assert told["R0"]["value"] == pytest.approx(0.02, rel=0.02)
    for name, value in {"R1": 0.05, "W1": 0.01, "C1": 0.1}.items():
        assert abs(told[name]["value"] - value) < 5.0 * told[name]["deviation"]


def test_a_fixture_that_nobody_opened_makes_the_sweep_invalid(tmp_path: Path) -> None:
    with electrical(BRIDGE, tmp_path) as bench:
        result = bench.run(tmp_path / "R-1.h5", "tb-impedance", {"fixture": "open-short"})
    assert result.outcome is Outcome.INVALID
    assert codes(result) == ["fixture-implausible"]


def test_a_capacitor_is_read_and_its_stray_inductance_found(tmp_path: Path) -> None:
    with electrical(BRIDGE, tmp_path) as bench:
        result = bench.run(tmp_path / "R-1.h5", "tb-impedance", {"circuit": "L0-R0-C1"})
    found = values(result)
    # The simulated capacitor: 1 uF, loss 0.001 at 1 kHz, 0.05 ohm and 10 nH of its leads.
    assert found["series_capacitance"] == pytest.approx(1e-6, rel=1e-3)
    assert found["dissipation"] == pytest.approx(1e-3 + 0.05 * 2 * math.pi * 1e-3, rel=0.05)
    told = {f.values["name"]: f.values for f in result.findings if f.code == "circuit-parameter"}
    assert told["L0"]["value"] == pytest.approx(10e-9, rel=0.02)


def test_a_contact_is_measured_through_its_leads(tmp_path: Path) -> None:
    with electrical(CONTACT, tmp_path) as bench:
        result = bench.run(tmp_path / "R-1.h5", "iec-60512-2-1", {"highest": 0.01})
        assert bench.outputs() == {"source": False}
    assert (result.ending, result.outcome) == (Ending.COMPLETED, Outcome.PASS), result
    found = values(result)
    # 0.005 ohm at 20 degC; the source's gain is 0.1 % on its lowest range, its noise 3 uV.
    assert found["reference_resistance"] == pytest.approx(0.005, rel=0.01)
    assert found["resistance"] == pytest.approx(0.005 * (1 + 3.93e-3 * 3.0), rel=0.01)
    assert found["temperature_found"] == pytest.approx(23.0, abs=0.05)
    assert found["reversals_found"] == 10.0
    assert codes(result) == []


@pytest.mark.parametrize("given", [{"current": 0.2}, {"limit": 0.05}])
def test_more_than_a_contact_may_see_is_refused_before_anything_is_on(
    given: dict[str, float], tmp_path: Path
) -> None:
    with electrical(CONTACT, tmp_path) as bench:
        result = bench.run(tmp_path / "R-1.h5", "iec-60512-2-1", given)
        assert bench.outputs() == {"source": False}
    assert result.ending is Ending.ERROR
    assert result.rows == 0


def test_an_open_contact_sees_no_more_than_the_limit(tmp_path: Path) -> None:
    opened = CONTACT.replace("resistance = 0.005", "resistance = 1e6")
    with electrical(opened, tmp_path) as bench:
        result = bench.run(tmp_path / "R-1.h5", "iec-60512-2-1", {"highest": 0.01})
    assert (result.ending, result.outcome) == (Ending.COMPLETED, Outcome.FAIL), result
    assert codes(result) == ["test-current-not-reached"]
    with xarray.open_dataset(tmp_path / "R-1.h5", engine="h5netcdf") as record:
        assert record.sizes["time"] == 20
        assert float(abs(record["test_voltage"]).max()) < 0.0205


def test_a_resistor_may_see_more(tmp_path: Path) -> None:
    bench_text = CONTACT.replace("resistance = 0.005", "resistance = 100.0")
    with electrical(bench_text, tmp_path) as bench:
        given = {"kind": "resistor", "current": 0.01, "limit": 5.0}
        result = bench.run(tmp_path / "R-1.h5", "iec-60512-2-1", given)
    assert result.ending is Ending.COMPLETED, result
    assert values(result)["reference_resistance"] == pytest.approx(100.0, rel=2e-3)

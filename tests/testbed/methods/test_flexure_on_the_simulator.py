"""Three-point bending carried out by the real engine, over a simulated serial line.

The simulated frame knows pulled pieces only. A straight bar in bending has a force that is linear
in its deflection, with 4 E b h³/L³, as a pulled one of cross-section s0 and length l0 has with
E s0/l0; the numbers of the bench are chosen so that the two are one, E and stress up to a factor.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import runs
from instruments.simulators.specimen import ramberg_osgood
from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from testbed.domain.conformity import Outcome
from testbed.engine.ports import Ending
from testbed.methods.iso_178 import FlexureTest
from tests.testbed.engine.stage import Stage

WIDTH, THICKNESS, SPAN = 10.0, 4.0, 64.0
S0 = SPAN * 4 * WIDTH * THICKNESS**3 / SPAN**3  # [mm2] so that both stiffnesses are one
STRESS = 3 * S0 * SPAN / (2 * WIDTH * THICKNESS**2)  # flexural stress over that of the pulled one
BENCH = f"""
name = "bending"
title = {{ko = "굽힘 시험대", en = "Bending bench"}}
[roles.frame]
driver = "tb_loadframe"
serial = "LF1"
equipment = "EQ-001"
[simulator]
world = "tensile"
clock = "virtual"
[simulator.dut]
s0 = {S0}
l0 = {SPAN}
lc = {SPAN}
e = 12.0
rp02 = 500.0
rm = 600.0
agt = 12.0
a = 14.0
noise = 0.1
"""
BRITTLE = {"kind": "brittle", "s0": S0, "l0": SPAN, "lc": SPAN, "e": 12.0, "strength": 500.0,
           "weibull": 50.0, "noise": 0.1}  # fmt: skip
GIVEN = {"width": WIDTH, "thickness": THICKNESS, "span": SPAN, "speed": 10.0}

pytestmark = pytest.mark.xdist_group("flexure")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    directory = tmp_path_factory.mktemp("bending")
    path = directory / "bending.toml"
    path.write_text(BENCH, encoding="utf-8")
    simulator = simulation.start(path, directory / "state", ("--clock", "virtual"))
    opened = Stage(read_bench(path).bench("@py", simulator.announcement), simulator)
    try:
        yield opened
    finally:
        opened.close()
        simulator.stop()


def values(result) -> dict[str, float | None]:
    return {each.measurand: each.value for each in result.judgements}


def codes(result) -> set[str]:
    return {finding.code for finding in result.findings}


def test_a_ductile_bar_has_the_modulus_and_stress_of_its_law(bench: Stage, tmp_path: Path) -> None:
    result = bench.run(tmp_path / "R-1.h5", FlexureTest.id, {**GIVEN, "strain_limit": 5.0})
    assert (result.ending, result.outcome) == (Ending.COMPLETED, Outcome.NOT_JUDGED), result
    found = values(result)
    # The law of the piece: strain = stress/E + 0.002 (stress/500)^n, up to 600 MPa at 12 %.
    power = np.log((0.12 - 600.0 / 12e3) / 0.002) / np.log(600.0 / 500.0)
    stress = np.linspace(0.0, 600.0, 100_001)
    deflection = ramberg_osgood(stress, 12e3, 500.0, power) * SPAN
    ends = np.array([0.0005, 0.0025]) * SPAN**2 / (6 * THICKNESS)
    low, high = np.interp(ends, deflection, stress) * STRESS
    # A step of 0.5 N is 0.3 MPa, beside 24 MPa between the ends of the window.
    assert found["e_regression"] == pytest.approx((high - low) / 0.002, rel=0.01)
    assert found["e_secant"] == pytest.approx((high - low) / 0.002, rel=0.02)
    assert found["e_modulus"] == found["e_regression"]
    at = np.interp(1.5 * THICKNESS, deflection, stress) * STRESS
    assert found["sigma_fc"] == pytest.approx(at, rel=0.003)
    assert found["sigma_fb"] is None
    # At 12 % of the pulled piece, 7.68 mm, its law has its greatest stress.
    assert found["sigma_fm"] == pytest.approx(600.0 * STRESS, rel=0.002)
    assert found["epsilon_fm"] == pytest.approx(100 * 7.68 * 6 * THICKNESS / SPAN**2, rel=0.02)
    assert "strength-at-end-of-record" not in codes(result)
    assert result.safe


def test_a_brittle_bar_breaks_and_the_record_shows_it(bench: Stage, tmp_path: Path) -> None:
    file = tmp_path / "R-2.h5"
    bench.control.ask("specimen", part="frame", model=BRITTLE)
    result = bench.run(file, FlexureTest.id, GIVEN)
    assert result.ending is Ending.COMPLETED, result
    found = values(result)
    with runs.open(file) as dataset:
        force = dataset["force"].to_numpy()
    assert force[-1] == 0.0
    broken_at = force[:-1].max() * 3 * SPAN / (2 * WIDTH * THICKNESS**2)
    assert found["sigma_fm"] == pytest.approx(broken_at, rel=0.005)
    assert found["sigma_fb"] == pytest.approx(broken_at, rel=0.005)
    assert found["e_regression"] == pytest.approx(12e3, rel=0.01)
    # Straight to the break: strain = stress / E.
    assert found["epsilon_fb"] == pytest.approx(100 * found["sigma_fb"] / 12e3, rel=0.01)
    reasons = {each.measurand: each.reason for each in result.judgements}
    assert reasons["sigma_fc"] == "reason.broke-before-conventional"
    assert result.safe


def test_a_bar_is_relieved_before_its_window_where_the_limit_says_so(
    bench: Stage, tmp_path: Path
) -> None:
    bench.control.ask("specimen", part="frame", model=BRITTLE)
    given = {**GIVEN, "strain_limit": 0.2, "speed": 1.0}
    result = bench.run(tmp_path / "R-3.h5", FlexureTest.id, given)
    reasons = {each.measurand: each.reason for each in result.judgements}
    assert reasons["e_modulus"] == "reason.ended-before-window"
    assert reasons["sigma_fc"] == "reason.ended-before-conventional"
    assert reasons["epsilon_fb"] == "reason.no-fracture"

"""Sine vibration: through the engine on a simulated shaker, and judged on sweeps that are known."""

import math
from pathlib import Path

import numpy as np
import pytest
import xarray

from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from testbed.domain.conformity import Outcome
from testbed.engine.ports import Ending, RunResult
from testbed.evaluation.judgement import judge
from testbed.evaluation.profile import crossover, sine_demand
from testbed.evaluation.sine_vibration import sweep_rates
from testbed.methods.iec_60068_2_6 import SineVibration
from testbed.procedure import complete_parameters, method_data
from tests.testbed.engine.stage import Stage
from tests.testbed.evaluation.test_resonance import base_excited

BENCH = """
name = "shaking"
title = {ko = "진동 시험대", en = "Vibration bench"}
[roles.shaker]
driver = "tb_vibration"
serial = "VC2"
equipment = "EQ-025"
[simulator]
clock = "virtual"
[simulator.shaker]
resonance = 180.0
q = 12.0
endurance = %s
"""
DATA = method_data("testbed.methods", SineVibration.id, SineVibration.version)
PHASES = [each.name for each in SineVibration.declared_phases()]
GIVEN = {"low": 50.0, "high": 400.0, "cycles": 1.0}

pytestmark = pytest.mark.xdist_group("sine-vibration")


def carried_out(directory: Path, endurance: str) -> RunResult:
    path = directory / "shaking.toml"
    path.write_text(BENCH % endurance, encoding="utf-8")
    simulator = simulation.start(path, directory / "state", ("--clock", "virtual"))
    opened = Stage(read_bench(path).bench("@py", simulator.announcement), simulator)
    try:
        return opened.run(directory / "R-1.h5", SineVibration.id, GIVEN)
    finally:
        opened.close()
        simulator.stop()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return carried_out(tmp_path_factory.mktemp("shaking"), "1e12")


def test_a_specimen_that_stays_whole_passes(ran: RunResult) -> None:
    assert (ran.ending, ran.outcome) == (Ending.COMPLETED, Outcome.PASS), ran
    values = {each.measurand: each.value for each in ran.judgements}
    assert values["cycles_done"] == 1.0
    assert values["lowest_rate"] == pytest.approx(1.0, abs=0.05)
    assert values["highest_rate"] == pytest.approx(1.0, abs=0.05)
    # The planted resonance; the peak of a ratio to the base lies 0.2 % below it.
    for when in ("before", "after"):
        assert values[f"frequency_{when}"] == pytest.approx(180.0, rel=0.005)
        assert values[f"q_{when}"] == pytest.approx(12.0, rel=0.03)
        assert values[f"q_phase_{when}"] == pytest.approx(12.0, rel=0.03)
    assert ran.safe


def test_a_specimen_that_tires_fails_by_its_frequency(tmp_path: Path) -> None:
    result = carried_out(tmp_path, "0.1")
    assert (result.ending, result.outcome) == (Ending.COMPLETED, Outcome.FAIL), result
    rows = {each.measurand: each for each in result.judgements}
    assert rows["frequency_change"].outcome is Outcome.FAIL
    # Used up, it has lost a tenth of its resonance.
    assert rows["frequency_change"].value == pytest.approx(-10.0, abs=0.5)
    assert rows["cycles_done"].outcome is Outcome.PASS


def swept(
    *,
    resonances: tuple[tuple[float, float], tuple[float, float]] = ((180.0, 12.0), (180.0, 12.0)),
    rate: float = 1.0,
    error: float = 0.0,
    lost: slice | None = None,
) -> xarray.Dataset:
    """Two searches and one cycle, a sample a second, of a single degree of freedom."""
    given = complete_parameters(SineVibration, GIVEN)
    span = math.log2(given["high"] / given["low"])
    up = 2.0 ** np.arange(0.0, span + 1e-9, rate / 60.0) * given["low"]
    up = np.append(up, given["high"]) if up[-1] < given["high"] else up
    before, after = resonances
    cycle = np.concatenate((up, up[-2::-1]))
    parts = ((1, up, before, 5.0), (2, cycle, before, 20.0), (3, up, after, 5.0))
    columns: dict[str, list[np.ndarray]] = {n: [] for n in
        ("phase", "frequency", "control_level", "response_level", "phase_angle")}  # fmt: skip
    for place, frequency, (at, q), level in parts:
        transfer = base_excited(frequency, at, q)
        control = sine_demand(frequency, level, 0.15e-3) * (1.0 + 0.01 * error)
        columns["phase"].append(np.full(len(frequency), place, "int16"))
        columns["frequency"].append(frequency)
        columns["control_level"].append(control)
        columns["response_level"].append(control * np.abs(transfer))
        columns["phase_angle"].append(np.degrees(np.angle(transfer)))
    data = {name: ("time", np.concatenate(each)) for name, each in columns.items()}
    whole = xarray.Dataset(data, {"time": np.arange(float(sum(len(p[1]) for p in parts)))})
    return whole if lost is None else whole.drop_isel(time=np.arange(10_000)[lost])


def judged(dataset: xarray.Dataset, **more: float):
    given = complete_parameters(SineVibration, {**GIVEN, **more})
    found = SineVibration.evaluate(dataset, given, DATA)
    outcome, rows = judge(SineVibration, found, SineVibration.limits(given, DATA))
    return outcome, {each.measurand: each for each in rows}, [each.code for each in found.findings]


def test_a_sweep_without_a_fault_passes() -> None:
    outcome, rows, codes = judged(swept())
    assert outcome is Outcome.PASS, rows
    assert rows["frequency_change"].value == pytest.approx(0.0, abs=1e-9)
    assert codes == ["resonance"]


def test_every_limit_has_a_value_with_its_uncertainty() -> None:
    given = complete_parameters(SineVibration, GIVEN)
    found = SineVibration.evaluate(swept(resonances=((180.0, 12.0), (175.0, 11.0))), given, DATA)
    assert {each.measurand for each in SineVibration.limits(given, DATA)} <= set(found.budgets)
    for name, budget in found.budgets.items():
        assert budget.estimate == pytest.approx(found.values[name].value, rel=1e-9, abs=1e-9)
    # 2 % of a bandwidth of 180 Hz / 12, before and after.
    change = found.budgets["frequency_change"]
    assert change.uncertainty == pytest.approx(97.2 * math.hypot(0.02 / 12, 0.02 / 11), rel=0.02)


@pytest.mark.parametrize(("rate", "passes"), [(1.08, True), (0.92, True), (1.12, False),
                                              (0.88, False)])  # fmt: skip
def test_the_rate_of_the_sweep_is_held_within_a_tenth(rate: float, passes: bool) -> None:
    outcome, rows, _ = judged(swept(rate=rate))
    assert (outcome is Outcome.PASS) == passes
    assert rows["highest_rate"].value == pytest.approx(rate, rel=0.01)


@pytest.mark.parametrize(("error", "passes"), [(14.9, True), (-14.9, True), (15.2, False),
                                               (-15.2, False)])  # fmt: skip
def test_the_level_is_held_within_fifteen_percent(error: float, passes: bool) -> None:
    outcome, rows, _ = judged(swept(error=error))
    assert (outcome is Outcome.PASS) == passes
    assert rows["level_error"].value == pytest.approx(error)
    assert (rows["cycles_done"].outcome is Outcome.PASS) == passes


def test_a_gap_in_the_endurance_is_no_sweep() -> None:
    # Rows 181 to 541 are the endurance: half an octave of it is lost.
    outcome, rows, codes = judged(swept(lost=slice(300, 330)))
    assert outcome is Outcome.FAIL
    assert "sweep-gap" in codes
    assert rows["cycles_done"].value == pytest.approx(1.0 - 31.0 / 360.0, abs=1e-6)
    assert rows["highest_rate"].outcome is Outcome.PASS


def test_a_gap_in_a_search_proves_no_comparison() -> None:
    outcome, rows, _ = judged(swept(lost=slice(90, 120)))
    assert outcome is Outcome.FAIL
    assert rows["frequency_change"].reason == "reason.no-search"


@pytest.mark.parametrize(("after", "fails"), [
    ((172.0, 12.0), ()), ((170.0, 12.0), ("frequency_change",)), ((180.0, 8.0), ("q_change",)),
    ((180.0, 1.2), ("frequency_change", "q_change")),
])  # fmt: skip
def test_changes_of_resonance_are_judged(
    after: tuple[float, float], fails: tuple[str, ...]
) -> None:
    _, rows, codes = judged(swept(resonances=((180.0, 12.0), after)))
    assert tuple(n for n, row in rows.items() if row.outcome is Outcome.FAIL) == fails
    assert ("resonance-gone" in codes) == (after[1] < 2.0)


def test_a_stiff_specimen_has_no_resonance_that_could_change() -> None:
    outcome, rows, codes = judged(swept(resonances=((5000.0, 12.0), (5000.0, 12.0))))
    assert outcome is Outcome.PASS
    assert rows["frequency_change"].value == 0.0
    assert codes == ["no-resonance"]


def test_the_crossover_joins_displacement_and_acceleration() -> None:
    # 20 m/s2 and 0.15 mm: f = sqrt(20 / 0.00015) / 2 pi.
    at = crossover(20.0, 0.15e-3)
    assert at == pytest.approx(58.115, abs=0.001)
    below, here, above = sine_demand([at / 2, at, 2 * at], 20.0, 0.15e-3)
    assert (below, here, above) == pytest.approx((5.0, 20.0, 20.0))


def test_a_fast_octave_is_not_averaged_away() -> None:
    # Two octaves at 1 oct/min, one at twice that, two at 1 oct/min again.
    speed = np.concatenate((np.full(120, 1.0), np.full(30, 2.0), np.full(120, 1.0))) / 60.0
    frequency = 10.0 * 2.0 ** np.concatenate(([0.0], np.cumsum(speed)))
    low, high = sweep_rates(np.arange(271.0), frequency, 5.0)
    assert (low, high) == pytest.approx((1.0, 2.0), rel=0.02)
    assert sweep_rates(np.arange(5.0), np.full(5, 100.0), 5.0) is None

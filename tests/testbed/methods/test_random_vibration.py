"""Random vibration through the engine, on a simulated shaker, its accelerometer and a scope."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import runs
from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from testbed.domain.conformity import Outcome
from testbed.engine.ports import Ending, RunResult
from testbed.methods.iec_60068_2_64 import RandomVibration
from testbed.procedure import complete_parameters, method_data
from tests.testbed.engine.stage import Stage

BENCH = """
name = "shaking"
title = {ko = "진동 시험대", en = "Vibration bench"}
[roles.shaker]
driver = "tb_vibration"
serial = "VC2"
equipment = "EQ-025"
[roles.scope]
driver = "rigol_ds1104z"
serial = "DS1"
equipment = "EQ-019"
[simulator]
clock = "virtual"
[simulator.shaker]
[simulator.signals.inputs]
scope = ["table"]
"""
# gum/acceptance_values.json, psd: 47.16048375497888 m/s2.
PROFILE = {"f1": 10.0, "a1": 1.0, "f2": 50.0, "a2": 5.0, "f3": 200.0, "a3": 5.0, "f4": 500.0,
           "a4": 1.0, "f5": 2000.0, "a5": 0.25}  # fmt: skip
DATA = method_data("testbed.methods", RandomVibration.id, RandomVibration.version)

pytestmark = pytest.mark.xdist_group("random-vibration")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    directory = tmp_path_factory.mktemp("shaking")
    path = directory / "shaking.toml"
    path.write_text(BENCH, encoding="utf-8")
    simulator = simulation.start(path, directory / "state", ("--clock", "virtual"))
    opened = Stage(read_bench(path).bench("@py", simulator.announcement), simulator)
    try:
        yield opened
    finally:
        opened.close()
        simulator.stop()


@pytest.fixture(scope="module")
def ran(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunResult]:
    file = tmp_path_factory.mktemp("records") / "R-1.h5"
    return file, stage.run(file, RandomVibration.id, {"duration": 1.0, **PROFILE})


def test_a_table_that_follows_its_profile_passes(ran: tuple[Path, RunResult]) -> None:
    _, result = ran
    assert (result.ending, result.outcome) == (Ending.COMPLETED, Outcome.PASS), result
    values = {each.measurand: each.value for each in result.judgements}
    assert values["rms"] == pytest.approx(47.16048375497888, rel=0.02)
    assert values["freedom"] >= 400.0
    assert values["exposure"] >= 1.0
    assert result.safe


def test_what_was_recorded_evaluates_to_the_same_again(ran: tuple[Path, RunResult]) -> None:
    file, result = ran
    given = complete_parameters(RandomVibration, {"duration": 1.0, **PROFILE})
    with runs.open_tree(file, decode_times=False) as tree:
        again = RandomVibration.evaluate_tree(tree.load(), given, DATA)
    assert {name: each.value for name, each in again.values.items()} == {
        each.measurand: each.value for each in result.judgements
    }


def test_every_limit_has_a_value_with_its_uncertainty(ran: tuple[Path, RunResult]) -> None:
    file, _ = ran
    given = complete_parameters(RandomVibration, {"duration": 1.0, **PROFILE})
    with runs.open_tree(file, decode_times=False) as tree:
        found = RandomVibration.evaluate_tree(tree.load(), given, DATA)
    limited = {each.measurand for each in RandomVibration.limits(given, DATA)}
    assert limited <= set(found.budgets)
    for name, budget in found.budgets.items():
        assert budget.estimate == pytest.approx(found.values[name].value, rel=1e-12)
    freedom = found.values["freedom"].value
    # Shares: U 2.5 % with k = 2, and three bounds of 1 %; a density is a square.
    share = math.hypot(0.0125, *[0.01 / math.sqrt(3)] * 3)
    expected = 10 / math.log(10) * math.hypot(math.sqrt(2 / freedom), 2 * share)
    assert found.budgets["highest_level"].uncertainty == pytest.approx(expected, rel=1e-9)


def test_another_profile_is_not_met_by_the_same_record(ran: tuple[Path, RunResult]) -> None:
    file, _ = ran
    with runs.open_tree(file, decode_times=False) as tree:
        held = tree.load()
        # Twice the density at 10 Hz to 50 Hz: 3 dB, where the record has none.
        other = {**PROFILE, "a1": 4.0}
        given = complete_parameters(RandomVibration, {"duration": 1.0, **other})
        found = RandomVibration.evaluate_tree(held, given, DATA)
    assert found.values["lowest_level"].value < -3.0
    assert "lines-outside" in [each.code for each in found.findings]


def test_too_few_degrees_of_freedom_are_not_judged(ran: tuple[Path, RunResult]) -> None:
    file, _ = ran
    given = complete_parameters(RandomVibration, {"duration": 1.0, **PROFILE})
    with runs.open_tree(file, decode_times=False) as tree:
        held = tree.load()
        held["waveform"] = held["waveform"].to_dataset().isel(waveform_time=slice(0, 3))
        found = RandomVibration.evaluate_tree(held, given, DATA)
    assert found.values["highest_level"].value is None
    (refused,) = [each for each in found.findings if each.code == "freedom-too-low"]
    assert refused.invalidates


@pytest.mark.parametrize("given", [{"f3": 300.0}, {"f2": 10.0}, {"f1": 300.0}])
def test_break_points_that_make_no_profile_end_the_run(
    given: dict[str, float], stage: Stage, tmp_path: Path
) -> None:
    result = stage.run(tmp_path / "R-2.h5", RandomVibration.id, given)
    assert (result.ending, result.outcome) == (Ending.ERROR, Outcome.INVALID)
    assert result.safe
    assert not any(stage.outputs().values())
    assert RandomVibration.guides(complete_parameters(RandomVibration, given)) == ()


def test_the_simulated_accelerometer_tells_the_phase_of_the_specimen() -> None:
    from instruments.simulators.accelerometer import SENSITIVITY, Accelerometers
    from instruments.simulators.excitation import Excitation, Sine
    from instruments.simulators.shaker import Shaker, ShakerModel

    shaker = Shaker(ShakerModel())
    drive = Excitation(shaker)
    drive.start(Sine(frequency=100.0, acceleration=10.0), 1.0)
    drive.pass_time(1.0)
    # 20 whole periods.
    times = np.arange(4000) / 20_000.0
    probes = Accelerometers(drive)
    table, specimen = (probes.volts(place, times, at=7.3e8) for place in ("table", "specimen"))
    turned = np.exp(-2j * math.pi * 100.0 * times)
    ratio = (specimen @ turned) / (table @ turned)
    assert ratio == pytest.approx(shaker.transmissibility(100.0), rel=1e-6)
    assert np.abs(table @ turned) / 2000 == pytest.approx(10.0 * SENSITIVITY, rel=1e-6)

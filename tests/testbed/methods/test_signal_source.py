"""Intermediate check of a signal source: simulated instruments, and its fit to known sines."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray

import runs
from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from testbed.domain.conformity import Outcome
from testbed.engine.ports import Ending, RunResult
from testbed.evaluation.signal_source import evaluate_signal_source
from testbed.evaluation.sine import fit_sine
from testbed.methods.signal_source import SignalSource
from testbed.procedure import complete_parameters, method_data
from tests.testbed.engine.stage import Stage

BENCH = """
name = "signals"
title = {ko = "신호 시험대", en = "Signal bench"}
[roles.scope]
driver = "rigol_ds1104z"
serial = "DS1"
equipment = "EQ-019"
[roles.generator]
driver = "rigol_dg1062z"
serial = "DG1"
equipment = "EQ-020"
[simulator]
clock = "virtual"
[simulator.signals.inputs]
scope = ["generator"]
"""
DATA = method_data("testbed.methods", SignalSource.id, SignalSource.version)

pytestmark = pytest.mark.xdist_group("signal-source")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, RunResult]]:
    directory = tmp_path_factory.mktemp("signals")
    path = directory / "signals.toml"
    path.write_text(BENCH, encoding="utf-8")
    simulator = simulation.start(path, directory / "state", ("--clock", "virtual"))
    opened = Stage(read_bench(path).bench("@py", simulator.announcement), simulator)
    file = directory / "R-1.h5"
    try:
        yield file, opened.run(file, SignalSource.id, {"count": 4.0})
    finally:
        opened.close()
        simulator.stop()


def test_a_source_in_order_passes(ran: tuple[Path, RunResult]) -> None:
    _, result = ran
    assert (result.ending, result.outcome) == (Ending.COMPLETED, Outcome.PASS), result
    values = {each.measurand: each.value for each in result.judgements}
    assert values["found_amplitude"] == pytest.approx(2.0, rel=0.01)
    assert abs(values["frequency_error"]) < 0.01
    assert result.safe


def test_waveforms_are_in_the_file_for_any_xarray(ran: tuple[Path, RunResult]) -> None:
    file, _ = ran
    with xarray.open_datatree(file, engine="h5netcdf") as tree:
        waveform = tree["waveform"]
        assert dict(waveform["voltage"].sizes) == {"waveform_time": 4, "offset": 12_000}
        assert waveform["voltage"].attrs["units"] == "V"
        assert waveform["offset"].attrs["units"] == "s"
        assert float(waveform["offset"][1]) == pytest.approx(1e-6)
        assert float(np.ptp(waveform["voltage"][0].to_numpy())) == pytest.approx(2.0, rel=0.05)


def test_channels_carry_what_is_known_of_them(ran: tuple[Path, RunResult]) -> None:
    file, _ = ran
    with runs.open_tree(file) as tree:
        told = tree["waveform"]["voltage"].attrs
        assert told["instrument_role"] == "scope"
        assert told["instrument"] == "RIGOL TECHNOLOGIES DS1104Z"
        assert told["instrument_serial"] == "DS1"
        assert "DSA19100" in told["accuracy"]
        assert "% of reading" in told["accuracy"]
        assert tree.attrs["software"].startswith("testbed ")
        assert tree.attrs["waveform_voltage_standard_uncertainty"] > 0.0


def test_a_sine_is_found_again() -> None:
    times = np.arange(1000) * 1e-5
    noise = np.random.default_rng(1).normal(0.0, 0.01, 1000)
    values = 0.3 + 1.5 * np.sin(2 * np.pi * 1234.5 * times + 0.7) + noise
    sine = fit_sine(times, values)
    assert sine is not None
    # Cramér-Rao: sigma_f = sqrt(6) sigma / (pi A T sqrt(N)), sigma_A = sigma sqrt(2/N).
    assert sine.frequency == pytest.approx(
        1234.5, abs=5 * math.sqrt(6) * 0.01 / (math.pi * 1.5 * 0.01 * math.sqrt(1000))
    )
    assert sine.amplitude == pytest.approx(1.5, abs=5 * 0.01 * math.sqrt(2 / 1000))
    assert sine.offset == pytest.approx(0.3, abs=5 * 0.01 / math.sqrt(1000))
    assert sine.residual == pytest.approx(0.01, rel=0.1)


@pytest.mark.parametrize("values", [np.zeros(100), np.full(100, np.nan), np.ones(3)])
def test_where_there_is_no_sine_none_is_found(values: np.ndarray) -> None:
    assert fit_sine(np.arange(len(values)) * 1e-3, values) is None


def tree(*records: np.ndarray, frequencies: tuple[float, ...]) -> xarray.DataTree:
    times = np.arange(1200) * 1e-5
    rows = xarray.Dataset({"set_frequency": ("time", np.array(frequencies))})
    waves = xarray.Dataset(
        {"voltage": (("waveform_time", "offset"), np.array(records).reshape(-1, 1200))},
        coords={"offset": times, "waveform_time": np.arange(float(len(records)))},
    )
    return xarray.DataTree.from_dict({"/": rows, "/waveform": waves})


def evaluated(*records: np.ndarray, frequencies: tuple[float, ...]):
    given = complete_parameters(SignalSource, {})
    return evaluate_signal_source(tree(*records, frequencies=frequencies), given, DATA)


def test_amplitude_flatness_and_frequency_follow_from_the_waveforms() -> None:
    times = np.arange(1200) * 1e-5
    found = evaluated(
        1.05 * np.sin(2 * np.pi * 1000.0 * times),
        0.95 * np.sin(2 * np.pi * 2020.0 * times) + 0.1,
        frequencies=(1000.0, 2000.0),
    ).values
    assert found["found_amplitude"].value == pytest.approx(2.1)
    assert found["amplitude_error"].value == pytest.approx(5.0)
    assert found["flatness"].value == pytest.approx(100 * (1 - 0.95 / 1.05))
    assert found["frequency_error"].value == pytest.approx(1.0)


def test_what_is_no_sine_has_no_value_and_is_named() -> None:
    noise = np.random.default_rng(1).normal(0.0, 1.0, 1200)
    evaluation = evaluated(noise, frequencies=(1000.0,))
    assert evaluation.values["flatness"].value is None
    assert evaluation.findings[0].code == "no-sine"
    assert evaluated(frequencies=()).values["flatness"].reason == "reason.no-waveform"
    slow = np.sin(2 * np.pi * 100.0 * np.arange(1200) * 1e-5)
    assert evaluated(slow, frequencies=(100.0,)).values["flatness"].value is None

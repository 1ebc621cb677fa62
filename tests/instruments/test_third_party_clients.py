"""Clients of others, unchanged, read the right values from our simulators and find nothing missing.

PyMeasure, QCoDeS and QCoDeS' contributed drivers run in an environment of their own, by pyvisa-py,
as their users run them. Each case first measures something of which the truth is known, then walks
through the whole driver: everything that can be read is read, every setting is set to values that
the driver takes for legal and is read back, and the error queue stays empty.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from instruments import registry
from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from tests.instruments.clients.cases import METERS, OHMS, SUPPLIES, VOLTS, Case
from tests.instruments.clients.signal_cases import OTHERS, SINE

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / ".venv-clients" / "bin" / "python"
WALK = Path(__file__).parent / "clients" / "walk.py"
WORLD = f"""
circuit = {{kind = "resistor", resistance = {OHMS}, tempco = 1e-9, thermal_resistance = 0.1}}
impedance = {{kind = "resistor", resistance = {OHMS}}}
"""
pytestmark = pytest.mark.skipif(
    not CLIENT.exists(), reason="PyMeasure and QCoDeS are not there: make clients"
)


def served(case: Case, directory: Path) -> simulation.Simulation:
    """Start the simulator of a case, and beside it a supply for the meters."""
    wiring = {"series": True, "node": "in", **case.wiring}
    text = f'name = "clients"\n[roles.it]\ndriver = "{case.simulator}"\nserial = "S1"\n'
    text += f'over = "{case.over}"\n'
    if not case.sources:
        text += '[roles.source]\ndriver = "keysight_e36312a"\nserial = "S1"\n'
    text += f'[simulator]\nclock = "virtual"\n{WORLD}\n[simulator.wiring.it]\n'
    text += "".join(f"{key} = {json.dumps(value)}\n" for key, value in wiring.items())
    path = directory / "clients.toml"
    path.write_text(text)
    return simulation.start(path, directory / "state")


def client(case: Case, address: str, *, walk: bool = True) -> dict[str, Any]:
    """Let the client work; gives what it says."""
    job = {
        "library": case.library,
        "driver": case.driver,
        "address": address,
        "options": case.options,
        "do": [step for step, _ in case.values],
        "walk": walk,
        "leave": case.leave,
        "queue": case.queue,
    }
    ended = subprocess.run(
        [CLIENT, WALK, json.dumps(job)], capture_output=True, text=True, check=False, timeout=100
    )
    assert ended.returncode == 0, ended.stderr
    said: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return said


@pytest.mark.parametrize("case", [*METERS, *SUPPLIES, *OTHERS], ids=lambda case: case.name)
def test_a_client_of_others_reads_the_right_values_and_finds_nothing_missing(
    case: Case, tmp_path: Path
):
    simulator = served(case, tmp_path)
    try:
        roles = read_bench(tmp_path / "clients.toml").bench("@py", simulator.announcement).roles
        if "source" in roles:
            supply: Any = registry.connect("keysight_e36312a", roles["source"].address)
            supply.set_voltage(VOLTS)
            supply.set_current_limit(1.0)
            supply.switch_output(True)
            supply.close()
        said = client(case, roles["it"].address)
    finally:
        simulator.stop()
    for (step, truth), answer in zip(case.values, said["answers"], strict=True):
        if truth is None:
            assert not isinstance(answer, dict), (step, answer)
        else:
            assert answer == pytest.approx(truth, rel=1e-3), step
    assert said["problems"] == []
    assert len(said["read"]) >= case.least


def test_our_oscilloscope_sees_what_a_client_of_others_has_a_generator_put_out(tmp_path: Path):
    case = next(each for each in OTHERS if each.simulator == "rigol_dg1062z")
    path = tmp_path / "signals.toml"
    path.write_text(
        'name = "signals"\n[roles.it]\ndriver = "rigol_dg1062z"\nserial = "S1"\n'
        '[roles.scope]\ndriver = "keysight_dsox1204g"\nserial = "S1"\n'
        '[simulator]\nclock = "virtual"\nsignals = {inputs = {scope = ["it"]}}\n'
    )
    simulator = simulation.start(path, tmp_path / "state")
    try:
        roles = read_bench(path).bench("@py", simulator.announcement).roles
        client(case, roles["it"].address, walk=False)
        scope: Any = registry.connect("keysight_dsox1204g", roles["scope"].address)
        scope.set_up(full_time=5e-3, full_scale=8.0)
        scope.set_trigger(SINE["offset"])
        (seen,) = scope.capture(1)
        scope.close()
    finally:
        simulator.stop()
    periods = SINE["freq"] * seen.step * len(seen.values)
    spectrum = np.abs(np.fft.rfft(seen.values - seen.values.mean()))
    assert np.argmax(spectrum) == pytest.approx(periods, abs=0.6)
    assert np.ptp(seen.values) == pytest.approx(SINE["ampl"], rel=0.1)
    assert seen.values.mean() == pytest.approx(SINE["offset"], abs=0.1)

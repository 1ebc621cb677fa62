"""A bench whose instruments are driven by other libraries, over real transports."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from instruments import registry
from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from testbed.adapters.remote_clock import ControlSocket

# Driver of another library to the simulated device it is tried on.
SIMULATED = {
    "pymeasure:keithley.Keithley2000": "keithley_2000",
    "pymeasure:agilent.Agilent34410A": "keysight_34465a",
    "pymeasure:keysight.KeysightE36312A": "keysight_e36312a",
    "qcodes:Keysight.Keysight34465A": "keysight_34465a",
    "qcodes:Keithley.Keithley2450": "keithley_2450",
    "qcodes:rigol.RigolDP832": "rigol_dp832",
}
LOAD = 'circuit = {kind = "resistor", resistance = 100.0, tempco = 1e-9, thermal_resistance = 0.1}'


@contextmanager
def bench(directory: Path, **drivers: str) -> Iterator["Stage"]:
    """Serve drivers by role on a resistor."""
    path = directory / "bench.toml"
    text = 'name = "bench"\n'
    for role, driver in drivers.items():
        text += f'[roles.{role}]\ndriver = "{driver}"\nserial = "S1"\n'
    text += f'[simulator]\nclock = "virtual"\n{LOAD}\n'
    for role, driver in drivers.items():
        text += f'[simulator.wiring.{role}]\nas = "{SIMULATED.get(driver, driver)}"\n'
    path.write_text(text)
    simulator = simulation.start(path, directory / "state", ["--log-commands"])
    stage = Stage(path, directory / "state" / "simulator.log", simulator)
    try:
        yield stage
    finally:
        stage.close()


class Stage:
    """Connects to what stands on the bench, and tells what it was sent."""

    def __init__(self, path: Path, log: Path, simulator: simulation.Simulation) -> None:
        self.roles = read_bench(path).bench("@py", simulator.announcement).roles
        self.control: ControlSocket = simulator.control()
        self._log, self._simulator = log, simulator
        self._connected: list[Any] = []

    def connect(self, role: str, serial: str = "S1", **options: Any) -> Any:
        setting = self.roles[role]
        options.setdefault("timeout", 0.5)
        instrument = registry.connect(setting.driver, setting.address, serial=serial, **options)
        self._connected.append(instrument)
        return instrument

    def sent(self, role: str) -> list[str]:
        """List the lines that the simulator of a role has received."""
        entries = map(json.loads, self._log.read_text().splitlines())
        return [each["line"] for each in entries
                if each["event"] == "command" and each["role"] == role]  # fmt: skip

    def close(self) -> None:
        for instrument in self._connected:
            instrument.close()
        self.control.close()
        self._simulator.stop()

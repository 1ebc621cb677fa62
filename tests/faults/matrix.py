"""Every driver against every fault that its simulator can show; writes docs/reference/faults.md.

``python -m tests.faults.matrix`` runs the whole table, over the real transports.
"""

import json
import math
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from instruments import registry
from instruments.errors import InstrumentError, InstrumentFault
from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from testbed.adapters.remote_clock import ControlSocket

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "faults.md"
SERIAL = "SN0001"
_SERIALS = {"watlow_f4t": "100001"}  # a number of 32 bits
TIMEOUT = 0.4  # [s]
LATE = 0.9  # [s], longer than the driver waits

# What each fault has to be called; "right" where the reading comes through as it is.
NAMED: dict[str, tuple[str, ...]] = {
    "no_answer": ("NoAnswer",),
    "late_answer": ("NoAnswer",),
    "garbage": ("BadAnswer", "NoAnswer"),
    "truncate": ("NoAnswer", "BadAnswer"),
    "split": ("right",),
    "disconnect": ("LinkLost",),
    "wrong_identity": ("BadAnswer", "InstrumentFault"),
    "error_queue": ("right", "InstrumentFault"),
    "overload": ("InstrumentFault",),
    # A reading of zero stays zero.
    "drift": ("drifted", "right"),
    "bad_crc": ("BadAnswer", "NoAnswer"),
    "busy": ("InstrumentFault",),
    "locked": ("InstrumentFault",),
    "power_cycle": ("LinkLost", "InstrumentFault"),
}

_WORLD = {
    "Multimeter": 'circuit = {kind = "cell"}',
    "PowerSupply": 'circuit = {kind = "resistor"}',
    "ElectronicLoad": 'circuit = {kind = "cell"}',
    "SourceMeasureUnit": 'circuit = {kind = "resistor", resistance = 1000.0}',
    "PowerAnalyser": 'circuit = {kind = "cell"}',
    "LcrMeter": 'impedance = {kind = "resistor", resistance = 100.0}',
    "Oscilloscope": 'circuit = {kind = "cell"}',
    "DataLogger": "chamber = {}",
    "ClimaticChamber": "chamber = {}",
    "HumidityChamber": "chamber = {}",
    "LoadFrame": "frame = {}",
    "HardnessTester": "hardness = {}",
    "VibrationController": "shaker = {}",
    "WithstandTester": "insulation = {}",
    "Balance": "balance = {load = 100.0}",
    "Thermometer": "probe = {}",
}
# Role to the reading that is taken, and by how much it scatters, relative.
_READ: dict[str, tuple[Callable[[Any], float], float]] = {
    "Multimeter": (lambda i: i.dc_voltage().value, 1e-4),
    "PowerSupply": (lambda i: i.settings()["voltage"], 1e-6),
    "ElectronicLoad": (lambda i: i.voltage().value, 1e-4),
    "SourceMeasureUnit": (lambda i: i.settings()["current_limit"], 1e-6),
    "PowerAnalyser": (lambda i: i.voltage().value, 1e-3),
    "LcrMeter": (lambda i: i.impedance().resistance.value, 1e-2),
    "Oscilloscope": (lambda i: float(i.capture(1)[0].values.mean()), 5e-2),
    "FunctionGenerator": (lambda i: i.settings()["frequency"], 1e-9),
    "DataLogger": (lambda i: i.dc_voltages(101)[0].value, 1e-2),
    "ClimaticChamber": (lambda i: i.temperature().value, 1e-2),
    "HumidityChamber": (lambda i: i.temperature().value, 1e-2),
    "LoadFrame": (lambda i: i.force().value, 1e-9),
    "HardnessTester": (lambda i: i.indent().hardness.value, 0.2),
    "VibrationController": (lambda i: i.control().value, 1e-2),
    "WithstandTester": (lambda i: i.voltage().value, 1e-2),
    "Balance": (lambda i: i.mass().value, 1e-4),
    "Thermometer": (lambda i: i.temperature().value, 1e-2),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What one driver made of one fault.

    Attributes
    ----------
    came
        Name of the error, "right" for the right reading, "WRONG" for another.
    after
        "usable" where the next reading is right, "refuses" where it is an error, else "WRONG".
    said
        Words of the error.
    """

    driver: str
    fault: str
    came: str
    after: str
    said: str = ""

    @property
    def holds(self) -> bool:
        """Whether the fault was named correctly and no wrong reading came of it."""
        return self.came in NAMED[self.fault] and self.after != "WRONG"


def drivers() -> list[str]:
    """List the drivers of ours that can be loaded."""
    return [each.name for each in registry.installed() if each.driver]


def role_of(driver: str) -> str:
    """Give the role by which a driver is tried."""
    return registry.load(driver).about.plays[0].__name__


def serial_of(driver: str) -> str:
    """Give the serial number of a driver's simulator."""
    return _SERIALS.get(driver, SERIAL)


def transports(driver: str) -> tuple[str, ...]:
    """List what a driver is tried over; "" is the only one there is."""
    return ("modbus-tcp", "modbus-rtu") if _by_registers(driver) else ("",)


def _by_registers(driver: str) -> bool:
    return registry.load(driver).about.line == "modbus"


@contextmanager
def stage(
    driver: str, directory: Path, world: str = "", simulator: str = "", over: str = ""
) -> Iterator[tuple[str, list[str], ControlSocket]]:
    """Serve a driver's simulator, or the one named, alone; gives address, faults and control."""
    role = role_of(driver)
    path = directory / f"{driver}.toml"
    world = (world or _WORLD.get(role, "")) + f'\nwiring.it.as = "{simulator or driver}"'
    served = f'over = "{over}"\n' if over else ""
    path.write_text(
        f'name = "{driver}"\n[roles.it]\ndriver = "{driver}"\nserial = "{serial_of(driver)}"\n'
        f'{served}[simulator]\nclock = "virtual"\n{world}\n'
    )
    running = simulation.start(path, directory / driver)
    control = running.control()
    try:
        address = read_bench(path).bench("@py", running.announcement).roles["it"].address
        yield address, faults_of(running.announcement), control
    finally:
        control.close()
        running.stop()


def faults_of(announcement: Path) -> list[str]:
    """Read the faults that the simulator can show."""
    faults: list[str] = json.loads(announcement.read_text())["roles"]["it"]["faults"]
    return faults


def row(
    driver: str, directory: Path, simulator: str = "", command: str = "", over: str = ""
) -> Iterator[Cell]:
    """Try every fault on one driver, at the first line that holds `command`."""
    taken = _READ[role_of(driver)]
    name = driver if over in ("", transports(driver)[0]) else f"{driver} over {over}"
    with stage(driver, directory, simulator=simulator, over=over) as (address, faults, control):
        for fault in faults:
            instrument: Any = registry.connect(
                driver, address, serial=serial_of(driver), timeout=TIMEOUT
            )
            asked, place = taken[0], command
            if fault == "wrong_identity" and _by_registers(driver):
                # Who answers shows in no register but those.
                asked, place = _identify, f"read {instrument.known[0]}"
            try:
                yield _tried(name, fault, instrument, taken, asked, control, place)
            finally:
                with suppress(InstrumentError):
                    instrument.close()
                control.ask("clear")


def _identify(instrument: Any) -> float:
    instrument.identity()
    return math.nan


def _tried(
    driver: str,
    fault: str,
    instrument: Any,
    taken: tuple[Callable[[Any], float], float],
    asked: Callable[[Any], float],
    control: ControlSocket,
    command: str,
) -> Cell:
    read, scatter = taken
    right = read(instrument)

    def close_to(value: float) -> bool:
        return math.isclose(value, right, rel_tol=scatter, abs_tol=scatter)

    seconds = LATE if "late" in fault else 0.3
    control.ask("fault", role="it", fault=fault, seconds=seconds, size=0.3, command=command)
    said = ""
    try:
        value = asked(instrument)
        came = "right" if close_to(value) else "drifted" if fault == "drift" else "WRONG"
    except InstrumentError as error:
        # InUse and its like are kinds of their family.
        came, said = _family(error), str(error)
    try:
        after = "usable" if close_to(read(instrument)) else "WRONG"
    except InstrumentError as error:
        after = "refuses" if isinstance(error, InstrumentFault) or fault != "split" else "WRONG"
    return Cell(driver, fault, came, after, said)


def _family(error: InstrumentError) -> str:
    names = ("LinkLost", "NoAnswer", "BadAnswer", "InstrumentFault")
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__name__ in names)


def page(cells: list[Cell]) -> str:
    """Write the table as a page of the reference."""
    faults = [fault for fault in NAMED if any(cell.fault == fault for cell in cells)]
    lines = [
        "# Faults, and what the drivers make of them",
        "",
        "Written by `python -m tests.faults.matrix` over real sockets and ptys. A cell",
        "says what a reading became while the fault was there, and what came of the next one:",
        "`→ usable` where it was right, `→ refuses` where it was an error again. A blank cell is a",
        "fault that does not exist on that instrument or transport. No cell is a wrong reading.",
        "",
        "`drift` is a sensor that reads 30 % wrong: no link can see that, and check standards do.",
        "",
        "| driver | " + " | ".join(faults) + " |",
        "|---" * (len(faults) + 1) + "|",
    ]
    for driver in sorted({cell.driver for cell in cells}):
        found = {cell.fault: cell for cell in cells if cell.driver == driver}
        texts = [
            f"{found[fault].came} → {found[fault].after}" if fault in found else ""
            for fault in faults
        ]
        lines.append(f"| `{driver}` | " + " | ".join(texts) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the table, print what does not hold, and write the page."""
    named = sys.argv[1:] or drivers()
    with tempfile.TemporaryDirectory() as directory:
        cells = [
            cell
            for driver in named
            for over in transports(driver)
            for cell in row(driver, Path(directory), over=over)
        ]
    for cell in cells:
        if not cell.holds:
            print(f"✗ {cell.driver} {cell.fault}: {cell.came} → {cell.after}  {cell.said}")
    print(f"{sum(cell.holds for cell in cells)} of {len(cells)} hold")
    if not sys.argv[1:]:
        PAGE.write_text(page(cells))
    sys.exit(not all(cell.holds for cell in cells))


if __name__ == "__main__":
    main()

"""What is connected: every address of benches, VISA and serial ports, asked for its name."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from serial.tools import list_ports

from instruments import registry, scpi
from instruments.errors import BadAnswer, InstrumentError, InstrumentFault, SettingRefused
from instruments.lease import InUse
from instruments.link import open_link
from instruments.modbus_transport import is_modbus
from instruments.readings import Identity
from instruments.visa_transport import resources
from testbed.adapters import simulation
from testbed.adapters.benches import BenchFile, bench_files
from testbed.services.rows import EquipmentRow

__all__ = ["Found", "Place", "identify", "pair", "places", "scan"]

_TIMEOUT = 1.0  # [s]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An address at which an instrument may answer.

    Attributes
    ----------
    driver
        Name of the driver of the bench file; "" where no bench names the address, so that only
        ``*IDN?`` is asked, or the registers by which our Modbus drivers know their models.
    bench, role
        Where the bench files put it.
    serial, equipment
        What the bench file expects there.
    options
        What the bench file tells the driver besides.
    """

    address: str
    driver: str = ""
    bench: str = ""
    role: str = ""
    serial: str = ""
    equipment: str = ""
    options: Mapping[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What answered at a place, and what the register says of it.

    Attributes
    ----------
    identity
        Who answered; None where nobody did, and `problem` says why.
    equipment
        Code in the register, "" where it is not there.
    problem
        What does not fit, "" where everything does.
    used
        Which other process speaks to it and has identified it; "" where none does.
    """

    place: Place
    identity: Identity | None
    equipment: str = ""
    problem: str = ""
    used: str = ""


def places(directory: Path, states: Mapping[str, Path], *, visa_library: str) -> list[Place]:
    """List the addresses of the bench files first, then what VISA and the system find besides."""
    found = [
        place
        for file in bench_files(directory).values()
        for place in _of_bench(file, states[file.name], visa_library)
    ]
    known = {place.address for place in found}
    for address in _unnamed(visa_library):
        if address not in known:
            found.append(Place(address=address))
    return found


def _of_bench(file: BenchFile, state: Path, visa_library: str) -> Iterator[Place]:
    announcement = None
    if file.simulated:
        running = simulation.running(state)
        announcement = running.announcement if running else None
    for role, setting in file.bench(visa_library, announcement).roles.items():
        yield Place(
            address=setting.address,
            driver=setting.driver,
            bench=file.name,
            role=role,
            serial=setting.serial,
            equipment=setting.equipment,
            options=setting.options,
        )


def _unnamed(visa_library: str) -> Iterator[str]:
    # VISA's own list of serial ports is that of the system, under other names.
    with suppress(InstrumentError):
        yield from (name for name in resources(visa_library) if "ASRL" not in name)
    yield from (port.device for port in list_ports.comports())


def scan(candidates: Iterable[Place], register: Iterable[EquipmentRow]) -> list[Found]:
    """Ask at every place, several at a time, and pair the answers with the register."""
    rows = list(register)
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda place: _asked(place, rows), candidates))


def _asked(place: Place, register: list[EquipmentRow]) -> Found:
    if not place.address:
        return Found(place=place, identity=None, problem="the simulator does not live")
    try:
        return pair(place, identify(place), register)
    except InUse as busy:
        if busy.identity is None:
            return Found(place=place, identity=None, problem=busy.what)
        found = pair(place, busy.identity, register)
        return replace(found, used=busy.what)
    except InstrumentError as error:
        return Found(place=place, identity=None, problem=error.what)
    except (SettingRefused, LookupError) as error:
        return Found(place=place, identity=None, problem=str(error))


def identify(place: Place) -> Identity:
    """Ask who answers at a place; no setting is sent.

    Raises
    ------
    InstrumentError
        Nothing answers, or something that cannot be understood.
    """
    if place.driver:
        return _identified(place.driver, place.address, place.options)
    if is_modbus(place.address):
        return _known_by_registers(place.address)
    link = open_link(place.address, sentinel="*IDN?", timeout=_TIMEOUT)
    try:
        return scpi.identity(link.query("*IDN?", doing="identify the instrument"))
    finally:
        link.close()


def _identified(driver: str, address: str, options: Mapping[str, str | float]) -> Identity:
    known = {"timeout": _TIMEOUT, **options}
    instrument = registry.connect(
        driver, address, serial=None, limits=None, conditions=None, **known
    )
    try:
        return instrument.identity()
    finally:
        instrument.close()


def _known_by_registers(address: str) -> Identity:
    for each in registry.installed():
        if each.driver is None or each.driver.about.line != "modbus":
            continue
        # Another model answers with other registers, or with the exception that it has none.
        with suppress(BadAnswer, InstrumentFault):
            return _identified(each.name, address, {})
    raise BadAnswer("no driver knows the registers that answer", address=address)


def pair(place: Place, identity: Identity, register: list[EquipmentRow]) -> Found:
    """Find an instrument in the register by model and serial number, and say what does not fit."""
    # A controller that does not know its serial number has the one on its plate.
    serial = identity.serial or place.serial
    rows = [row for row in register if row.serial and row.serial == serial]
    problem = ""
    if place.serial and serial != place.serial:
        problem = f"the bench file expects serial {place.serial}"
    elif not rows:
        problem = "not in the register"
    elif place.equipment and rows[0].code != place.equipment:
        problem = f"the bench file calls it {place.equipment}"
    code = rows[0].code if rows else ""
    return Found(place=place, identity=identity, equipment=code, problem=problem)

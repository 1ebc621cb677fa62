"""``testbed instruments``: for the person at the bench, without a browser."""

import sys
from collections.abc import Callable
from pathlib import Path

import click
import platformdirs

from instruments import registry
from instruments.errors import InstrumentError, SettingRefused
from instruments.line_instrument import LineInstrument
from instruments.link import open_link
from instruments.modbus_instrument import ModbusInstrument
from instruments.modbus_link import open_modbus
from instruments.modbus_request import Request, shown
from instruments.modbus_transport import is_modbus
from instruments.self_check import Finding, self_check
from instruments.transcript import recorded, written
from testbed import bootstrap, settings
from testbed.adapters.benches import BenchRefused, bench_files
from testbed.adapters.discovery import Place, identify, places, scan
from testbed.cli.words import table
from testbed.cli.worker import HOME
from testbed.settings import Settings

__all__ = ["instruments"]

DRIVER = click.option("--driver", default="", help="Driver, where ADDRESS is no bench/role.")


@click.group()
def instruments() -> None:
    """Find, identify, talk to, record and check instruments.

    ADDRESS is a VISA resource name, a serial port, a Modbus address, or BENCH/ROLE of a bench file.
    """


@instruments.command("list")
def list_drivers() -> None:
    """List the installed drivers; a broken one is named with its problem."""
    found = (*registry.installed(), *registry.foreign())
    rows = [
        (
            each.name,
            each.driver.about.maker,
            each.driver.about.name,
            ", ".join(role.__name__ for role in each.driver.about.plays),
            each.package,
        )
        for each in found
        if each.driver is not None
    ]
    click.echo(table(("Driver", "Maker", "Model", "Role", "Package"), rows))
    for each in found:
        if each.driver is None:
            click.echo(f"✗ {each.name} of {each.package} is broken: {each.problem}", err=True)


@instruments.command("scan")
@HOME
def scan_all(home: Path | None) -> None:
    """Ask at every known address who is there, and match the answers to the register.

    It ends with status 1 where an instrument is missing, is another one, or is not registered.
    """
    known = _with_benches(settings.load(home))
    testbed = bootstrap.build(known)
    try:
        register = testbed.queries.whole_register()
    finally:
        testbed.close()
    found = scan(_places(known), register)
    if not found:
        sys.exit(f"Nothing to ask. Put a bench file into {known.benches}/")
    rows = [
        (
            f"{each.place.bench}/{each.place.role}" if each.place.bench else "",
            each.place.address,
            f"{each.identity.maker} {each.identity.model}" if each.identity else "—",
            (each.identity.serial or each.place.serial) if each.identity else "",
            each.equipment,
            each.problem or f"✓ {each.used}".strip(),
        )
        for each in found
    ]
    click.echo(table(("Bench/role", "Address", "Answers", "Serial", "Register", ""), rows))
    counted = [each for each in found if each.place.bench or each.identity]
    matched = sum(not each.problem for each in counted)
    click.echo(f"\n{matched} of {len(counted)} match the register.")
    sys.exit(matched != len(counted))


def _with_benches(known: Settings) -> Settings:
    """Turn to the demonstration where the centre has no bench yet, and say so."""
    demonstration = Path(platformdirs.user_data_dir("testbed-demo"))
    if any(known.benches.glob("*.toml")) or not (demonstration / "benches").is_dir():
        return known
    click.echo(f"No bench in {known.benches}; the demonstration is asked.", err=True)
    return settings.load(demonstration)


def _places(known: Settings) -> list[Place]:
    try:
        states = {name: known.state(name) for name in bench_files(known.benches)}
        return places(known.benches, states, visa_library=known.visa_library)
    except BenchRefused as refusal:
        sys.exit(str(refusal))


def _place(known: Settings, address: str, driver: str) -> Place:
    """Find BENCH/ROLE among the bench files; anything else is an address."""
    for place in _places(known):
        if address == f"{place.bench}/{place.role}":
            if not place.address:
                sys.exit(f"The simulator of {place.bench} does not live. "
                         f"Start it: testbed simulators start {place.bench}")  # fmt: skip
            return place
    if "/" in address and not address.startswith("/") and "://" not in address:
        sys.exit(f"There is no bench/role {address!r}. See: testbed benches list")
    return Place(address=address, driver=driver)


@instruments.command("identify")
@click.argument("address")
@DRIVER
@HOME
def identify_one(address: str, driver: str, home: Path | None) -> None:
    """Ask at ADDRESS who is there."""
    try:
        found = identify(_place(settings.load(home), address, driver))
    except (InstrumentError, SettingRefused, LookupError) as error:
        sys.exit(str(error))
    click.echo(f"{found.maker}  {found.model}  {found.serial}  {found.firmware}")


@instruments.command()
@click.argument("address")
@click.argument("lines", nargs=-1)
@click.option("--baud", default=9600, show_default=True, help="Of a serial port.")
@click.option("--crlf", is_flag=True, help="End lines with CR LF.")
@HOME
def talk(address: str, lines: tuple[str, ...], baud: int, crlf: bool, home: Path | None) -> None:
    """Send LINES to ADDRESS and print what comes back; without LINES, read them from the terminal.

    After a line with a question mark an answer is waited for. At a Modbus address a line is
    `read REGISTER COUNT` or `write REGISTER VALUE …`, in registers from 0.
    """
    place = _place(settings.load(home), address, "")
    try:
        say, close = _talker(place.address, baud, "\r\n" if crlf else "\n")
    except InstrumentError as error:
        sys.exit(str(error))
    failed = False
    for line in lines or (line.strip() for line in sys.stdin):
        try:
            if line and (answer := say(line)):
                click.echo(answer)
        except (InstrumentError, ValueError) as error:
            failed = True
            click.echo(f"✗ {error}", err=True)
    close()
    sys.exit(failed)


def _talker(address: str, baud: int, end: str) -> tuple[Callable[[str], str], Callable[[], None]]:
    """Open an address; gives what says a line there and hears the answer, and what closes it."""
    if is_modbus(address):
        registers = open_modbus(address, known=None, baud=baud)
        return (
            lambda line: shown(registers.carry(Request.parsed(line), doing="talk")),
            registers.close,
        )
    link = open_link(address, sentinel="*IDN?", baud=baud, end=end, timeout=2.0)

    def say(line: str) -> str:
        if "?" in line:
            return link.query(line, doing="talk")
        link.write(line, doing="talk")
        return ""

    return say, link.close


@instruments.command()
@click.argument("address")
@DRIVER
@HOME
def check(address: str, driver: str, home: Path | None) -> None:
    """Ask the instrument at ADDRESS everything that switches nothing on."""
    place = _place(settings.load(home), address, driver)
    findings = _checked(place, None)
    sys.exit(any(each.failed for each in findings))


@instruments.command()
@click.argument("address")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@DRIVER
@HOME
def record(address: str, file: Path, driver: str, home: Path | None) -> None:
    """Record the driver's self-check at ADDRESS into FILE, to be replayed as a test."""
    place = _place(settings.load(home), address, driver)
    findings = _checked(place, file)
    click.echo(f"\n{file}")
    sys.exit(any(each.failed for each in findings))


def _checked(place: Place, to: Path | None) -> list[Finding]:
    if not place.driver:
        sys.exit("Name the driver: --driver NAME. See: testbed instruments list")
    try:
        instrument = registry.connect(
            place.driver,
            place.address,
            serial=place.serial or None,
            limits=None,
            conditions=None,
            **place.options,
        )
    except (InstrumentError, SettingRefused, LookupError) as error:
        sys.exit(str(error))
    try:
        if to is not None and isinstance(instrument, LineInstrument | ModbusInstrument):
            with recorded(instrument.link) as entries:
                findings = list(self_check(instrument))
            to.write_text(written(entries, title=f"self-check of {place.driver}"), encoding="utf-8")
        elif to is not None:
            sys.exit(f"{place.driver} does not speak in lines that could be recorded.")
        else:
            findings = list(self_check(instrument))
    finally:
        instrument.close()
    rows = [("✗" if each.failed else "✓", each.question, each.answer) for each in findings]
    click.echo(table(("", "Asked", "Answer"), rows))
    return findings

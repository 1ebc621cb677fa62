"""Runs the simulated instruments of one bench: ``python -m instruments.simulators BENCH.toml``."""

import argparse
import json
import os
import signal
import sys
import threading
import tomllib
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from instruments.simulators.byte_servers import Server, serial_server, tcp_server
from instruments.simulators.clock import clock_of
from instruments.simulators.control import ControlServer
from instruments.simulators.faults import Faults
from instruments.simulators.hislip_server import HislipServer
from instruments.simulators.log import SimulatorLog
from instruments.simulators.modbus_server import (
    FAULTS,
    ModbusDevice,
    ModbusRole,
    ModbusStation,
    modbus_servers,
)
from instruments.simulators.site import Site
from instruments.simulators.station import Device, Station, applicable
from instruments.simulators.world import World

_MODBUS = ("modbus-tcp", "modbus-rtu")
LogCommand = Callable[[str, str], None]
_OWN_KEYS = ("driver", "address", "serial", "equipment", "limits", "over", "line", "unit")
_SERVERS: Mapping[str, Callable[[Station], Server]] = {
    "tcp": tcp_server,
    "hislip": HislipServer,
    "serial": serial_server,
}


def main() -> None:
    """Read the bench file, start its instruments, announce them, and wait to be told to end."""
    arguments = _arguments()
    bench = tomllib.loads(arguments.bench.read_text(encoding="utf-8"))
    simulator = bench.get("simulator", {})
    try:
        clock = clock_of(arguments.clock or str(simulator.get("clock", "real")), arguments.start)
        world = World(clock, simulator)
    except (ValueError, TypeError) as error:
        sys.exit(f"{arguments.bench}: {error}")
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    log = SimulatorLog(arguments.log, clock)
    log_command = _command_logger(log) if arguments.log_commands else None
    try:
        devices = _devices(bench, world, log)
        if world.has("signals"):
            world.signals.check()
        kinds = {role: _applicable(bench, role, each) for role, each in devices.items()}
        faults = Faults(kinds, clock.now)
        for scripted in simulator.get("faults", ()):
            faults.put(scripted)
        servers = _serve(bench, devices, world, faults, log_command)
    except ValueError as error:
        sys.exit(f"{arguments.bench}: {error}")
    control = ControlServer(world, faults, log, ended.set)
    log.say("", "outputs", outputs=world.outputs())
    _announce(arguments.announce, bench, control, servers, faults)
    parent = os.getppid()
    while not ended.wait(0.5):
        if arguments.with_parent and os.getppid() != parent:
            break
    log.say("", "outputs", outputs=world.outputs())
    for server in (*servers.values(), control):
        server.close()
    arguments.announce.unlink(missing_ok=True)
    log.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="instruments.simulators", description=main.__doc__)
    parser.add_argument("bench", type=Path, help="bench file (TOML)")
    parser.add_argument("--announce", type=Path, required=True, help="where to write addresses")
    parser.add_argument("--log", type=Path, required=True, help="where to log (JSON lines)")
    parser.add_argument("--clock", help="real, virtual or a factor; else as the bench file says")
    parser.add_argument("--start", type=float, help="first instant of a virtual or scaled clock")
    parser.add_argument("--log-commands", action="store_true", help="log every line received")
    parser.add_argument("--with-parent", action="store_true", help="end when the parent ends")
    return parser.parse_args()


def _applicable(
    bench: Mapping[str, Any], role: str, device: Device | ModbusDevice
) -> frozenset[str]:
    over = _over(bench["roles"][role], device)
    if over in _MODBUS:
        return FAULTS - ({"bad_crc"} if over == "modbus-tcp" else set())
    return applicable(device)  # type: ignore[arg-type]


def _command_logger(log: SimulatorLog) -> LogCommand:
    return lambda role, line: log.say(role, "command", line=line)


def _maker(driver: str) -> Callable[[Site], Device | ModbusDevice] | None:
    """Find who simulates the model of a driver: one of ours, or an entry point of its package."""
    if find_spec(f"instruments.simulators.devices.{driver}") is not None:
        make: Callable[[Site], Device] = import_module(
            f"instruments.simulators.devices.{driver}"
        ).make
        return make
    for entry in entry_points(group="testbed.simulators", name=driver):
        loaded: Callable[[Site], Device] = entry.load()
        return loaded
    return None


def _devices(
    bench: Mapping[str, Any], world: World, log: SimulatorLog
) -> dict[str, Device | ModbusDevice]:
    devices = {}
    wiring = bench.get("simulator", {}).get("wiring", {})
    for role, settings in bench.get("roles", {}).items():
        wired = dict(wiring.get(role, {}))
        # A driver of another library does not say which of our simulators it is for.
        driver = str(wired.pop("as", settings["driver"]))
        make = _maker(driver)
        if make is None:
            sys.exit(f"role {role}: no simulator for driver {driver!r}")
        site = Site(
            role=role,
            world=world,
            serial=str(settings.get("serial", "")),
            say=log.of(role),
            options={key: value for key, value in settings.items() if key not in _OWN_KEYS} | wired,
        )
        devices[role] = make(site)
    return devices


def _over(settings: Mapping[str, Any], device: Device | ModbusDevice) -> str:
    return str(settings.get("over", getattr(device, "over", "tcp")))


def _by_registers(device: Device | ModbusDevice) -> bool:
    return hasattr(device, "overloaded")


def _serve(
    bench: Mapping[str, Any],
    devices: Mapping[str, Device | ModbusDevice],
    world: World,
    faults: Faults,
    log_command: LogCommand | None,
) -> dict[str, Server]:
    servers: dict[str, Server] = {}
    by_registers = {}
    for role, device in devices.items():
        settings = bench["roles"][role]
        over = _over(settings, device)
        if over in _MODBUS and _by_registers(device):
            station = ModbusStation(role, device, world, faults, log_command)  # type: ignore[arg-type]
            by_registers[role] = ModbusRole(
                station=station,
                over=over,
                line=str(settings.get("line", role)),
                unit=int(settings.get("unit", 1)),
            )
        elif over in _SERVERS and not _by_registers(device):
            servers[role] = _SERVERS[over](Station(role, device, world, faults, log_command))  # type: ignore[arg-type]
        else:
            accepted = ", ".join(_MODBUS if _by_registers(device) else _SERVERS)
            raise ValueError(f"over {over!r} of role {role} is refused; accepted: {accepted}")
    return servers | modbus_servers(by_registers)


def _announce(
    path: Path,
    bench: Mapping[str, Any],
    control: ControlServer,
    servers: Mapping[str, Server],
    faults: Faults,
) -> None:
    announcement = {
        "pid": os.getpid(),
        "bench": bench.get("name", ""),
        "control": control.address,
        "roles": {
            role: {"address": server.address, "faults": faults.kinds(role)}
            for role, server in servers.items()
        },
    }
    growing = path.with_name(path.name + ".new")
    growing.write_text(json.dumps(announcement), encoding="utf-8")
    growing.replace(path)


if __name__ == "__main__":
    main()

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
from pathlib import Path
from typing import Any

from instruments.simulators.clock import clock_of
from instruments.simulators.control import ControlServer
from instruments.simulators.faults import Faults
from instruments.simulators.log import SimulatorLog
from instruments.simulators.servers import SerialServer, Station, TcpServer
from instruments.simulators.world import WORLDS, World

LogCommand = Callable[[str, str], None]
_SERIAL = ("espec_p300", "tb_loadframe")
_OWN_KEYS = ("driver", "address", "serial", "equipment", "limits")


def main() -> None:
    """Read the bench file, start its instruments, announce them, and wait to be told to end."""
    arguments = _arguments()
    bench = tomllib.loads(arguments.bench.read_text(encoding="utf-8"))
    simulator = bench.get("simulator", {})
    kind = simulator.get("world")
    if kind not in WORLDS:
        sys.exit(f"simulator.world {kind!r} is refused; accepted: {', '.join(WORLDS)}")
    try:
        clock = clock_of(arguments.clock or str(simulator.get("clock", "real")), arguments.start)
        world = WORLDS[kind](clock, simulator.get("dut", {}))
    except (ValueError, TypeError) as error:
        sys.exit(f"{arguments.bench}: {error}")
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    log = SimulatorLog(arguments.log, clock)
    faults = Faults(frozenset(bench.get("roles", {})))
    log_command = _command_logger(log) if arguments.log_commands else None
    try:
        servers = {
            role: _serve(role, settings, world, faults, log, log_command)
            for role, settings in bench.get("roles", {}).items()
        }
    except ValueError as error:
        sys.exit(f"{arguments.bench}: {error}")
    control = ControlServer(world, faults, log, ended.set)
    log.say("", "outputs", outputs=world.outputs())
    _announce(arguments.announce, bench, control, servers)
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


def _command_logger(log: SimulatorLog) -> LogCommand:
    return lambda role, line: log.say(role, "command", line=line)


def _serve(
    role: str,
    settings: Mapping[str, Any],
    world: World,
    faults: Faults,
    log: SimulatorLog,
    log_command: LogCommand | None,
) -> TcpServer | SerialServer:
    driver = settings["driver"]
    options = {key: value for key, value in settings.items() if key not in _OWN_KEYS}
    try:
        module = import_module(f"instruments.simulators.devices.{driver}")
    except ModuleNotFoundError:
        sys.exit(f"role {role}: no simulator for driver {driver!r}")
    device = module.make(world, str(settings.get("serial", "")), log.of(role), options)
    station = Station(role, device, world, faults, log_command)
    return SerialServer(station) if driver in _SERIAL else TcpServer(station)


def _announce(
    path: Path,
    bench: Mapping[str, Any],
    control: ControlServer,
    servers: Mapping[str, TcpServer | SerialServer],
) -> None:
    announcement = {
        "pid": os.getpid(),
        "bench": bench.get("name", ""),
        "control": control.address,
        "roles": {role: {"address": server.address} for role, server in servers.items()},
    }
    growing = path.with_name(path.name + ".new")
    growing.write_text(json.dumps(announcement), encoding="utf-8")
    growing.replace(path)


if __name__ == "__main__":
    main()

"""Simulated benches for dry runs: one that fits a method, or one put together from its needs."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from instruments import registry
from testbed.adapters import simulation
from testbed.adapters.bench_process import OpenBench, find_bench, open_bench
from testbed.adapters.benches import BenchFile, BenchRefused, bench_files, read_bench
from testbed.engine.bench import RoleSetting
from testbed.engine.ports import Prompt
from testbed.procedure import Procedure

__all__ = ["dry_bench", "hand_at", "named_bench"]

_SERIAL = "DRY-{}"
# What a question asks to be done at the interlock of the bench, by the last word of its code.
_AT_THE_INTERLOCK = {"open-interlock": False, "close-interlock": True}


def named_bench(directory: Path, name: str) -> BenchFile:
    """Find a bench of the centre, or a training bench where it has none of that name.

    Raises
    ------
    BenchRefused
        There is neither.
    """
    training = files("testbed.adapters") / "training" / f"{name}.toml"
    if name not in bench_files(directory) and training.is_file():
        return read_bench(Path(str(training)))
    return find_bench(directory, name)


@contextmanager
def dry_bench(
    method: type[Procedure], file: BenchFile | None, visa_library: str
) -> Iterator[tuple[OpenBench, Path]]:
    """Start simulators of their own in virtual time; gives the bench and a scratch directory.

    Parameters
    ----------
    file
        The bench to be played, whether it is simulated or real; None for any that fits.

    Raises
    ------
    BenchRefused
        No simulated instrument plays one of the roles.
    SimulatorFailed
        The simulators did not come up.
    """
    with TemporaryDirectory(prefix="testbed-dry-run-") as place:
        directory = Path(place)
        path = directory / "bench.toml"
        if file is None:
            path.write_text(_fitting(method) or _assembled(method), encoding="utf-8")
        elif file.simulated:
            path.write_bytes(file.path.read_bytes())
        else:
            path.write_text(_as_simulated(file), encoding="utf-8")
        played = read_bench(path)
        _check(method, played)
        simulator = simulation.start(path, directory / "state", ("--clock", "virtual"))
        try:
            opened = open_bench(played, directory / "state", visa_library)
            try:
                yield opened, directory
            finally:
                opened.close()
        finally:
            simulator.stop()


def hand_at(opened: OpenBench) -> Callable[[Prompt], None]:
    """Give who does at a simulated bench what questions ask to be done there."""

    def act(prompt: Prompt) -> None:
        closed = _AT_THE_INTERLOCK.get(prompt.code.rpartition(".")[2])
        if closed is not None and opened.control is not None:
            opened.control.ask("interlock", closed=closed)

    return act


def _check(method: type[Procedure], file: BenchFile) -> None:
    for role in method.declared_needs():
        if role not in file.roles:
            there = ", ".join(file.roles)
            raise BenchRefused(f"bench {file.name} has no role {role!r}; it has: {there}")
    for role, setting in file.roles.items():
        if not _is_simulated(setting.driver):
            raise BenchRefused(f"role {role}: no simulator for driver {setting.driver!r}")


def _fitting(method: type[Procedure]) -> str:
    """Find a training bench whose instruments play every role of the method; "" if none does."""
    drivers = _drivers()
    for source in sorted((files("testbed.adapters") / "training").iterdir(), key=str):
        if not source.name.endswith(".toml"):
            continue
        text = source.read_text(encoding="utf-8")
        roles = read_bench(Path(str(source))).roles
        if all(
            name in roles and need.role in drivers.get(roles[name].driver, ())
            for name, need in method.declared_needs().items()
        ):
            return text
    return ""


def _assembled(method: type[Procedure]) -> str:
    """Put a bench together: for each need the first simulated driver that plays its role."""
    drivers = _drivers()
    roles = {}
    for name, need in method.declared_needs().items():
        fitting = [driver for driver, plays in drivers.items() if need.role in plays]
        if not fitting:
            raise BenchRefused(f"no simulated instrument plays {need.role.__name__} ({name})")
        roles[name] = RoleSetting(
            role=name, driver=fitting[0], address="", serial=_SERIAL.format(name.upper())
        )
    return _text("dry-run", roles)


def _as_simulated(file: BenchFile) -> str:
    """Write a real bench down as one whose instruments are all simulated."""
    return _text(file.name, file.roles)


def _text(name: str, roles: Mapping[str, RoleSetting]) -> str:
    lines = [f"name = {_value(name)}"]
    for role, setting in roles.items():
        lines += [f"[roles.{role}]", f"driver = {_value(setting.driver)}"]
        lines += [f"serial = {_value(setting.serial)}"] if setting.serial else []
        lines += [f"{key} = {_value(value)}" for key, value in setting.options.items()]
        if setting.limits:
            limits = ", ".join(f"{key} = {_value(value)}" for key, value in setting.limits.items())
            lines.append(f"limits = {{{limits}}}")
    return "\n".join([*lines, "[simulator]", 'clock = "virtual"', ""])


def _value(value: str | float) -> str:
    # Text and numbers look the same in TOML and in JSON.
    return json.dumps(value, ensure_ascii=False)


def _drivers() -> dict[str, tuple[type[Any], ...]]:
    """List what simulated drivers play, those of the training benches first."""
    found = {
        each.name: each.driver.about.plays
        for each in registry.installed()
        if each.driver is not None and _is_simulated(each.name)
    }
    known = []
    for source in sorted((files("testbed.adapters") / "training").iterdir(), key=str):
        if source.name.endswith(".toml"):
            known += [s.driver for s in read_bench(Path(str(source))).roles.values()]
    return {name: found[name] for name in (*known, *found) if name in found}


def _is_simulated(driver: str) -> bool:
    # Found, not imported: simulators run as processes of their own.
    ours = driver.isidentifier() and find_spec(f"instruments.simulators.devices.{driver}")
    return bool(ours) or bool(entry_points(group="testbed.simulators", name=driver))

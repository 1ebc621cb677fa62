"""Bench files: which instrument plays which role, and what simulates a bench that has none."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from testbed.domain.names import Name
from testbed.engine.bench import Bench, RoleSetting

__all__ = ["BenchFile", "BenchRefused", "add_training_benches", "bench_files", "read_bench"]

_KEYS = ("name", "title", "ambient", "roles", "simulator")
_ROOM = (-20.0, 60.0)  # [degC]
# What a simulator serves a role over is no option of its driver.
_ROLE_KEYS = ("driver", "address", "serial", "equipment", "limits", "over", "line", "unit")


class BenchRefused(ValueError):
    """A bench file that cannot be used: names file, key, and what would be accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchFile:
    """A bench as its file describes it.

    Attributes
    ----------
    simulated
        Whether a simulator plays its instruments; their addresses are then announced by it.
    clock
        Clock of the simulator: "real", "virtual" or a factor.
    ambient
        Temperature of its room [degC], None where nothing is said.
    """

    path: Path
    name: str
    title: Name
    roles: Mapping[str, RoleSetting]
    simulated: bool
    clock: str
    ambient: float | None = None

    def bench(self, visa_library: str, announcement: Path | None = None) -> Bench:
        """Give the bench with addresses; those of a simulated one come from the announcement."""
        announced: Mapping[str, Any] = {}
        if self.simulated and announcement is not None:
            announced = json.loads(announcement.read_text(encoding="utf-8"))["roles"]
        roles = {
            role: setting
            if role not in announced
            else RoleSetting(
                role=role,
                driver=setting.driver,
                address=announced[role]["address"],
                serial=setting.serial,
                equipment=setting.equipment,
                limits=setting.limits,
                options=setting.options,
            )
            for role, setting in self.roles.items()
        }
        return Bench(
            name=self.name,
            title=self.title,
            roles=roles,
            visa_library=visa_library,
            ambient=self.ambient,
        )


def read_bench(path: Path) -> BenchFile:
    """Read a bench file.

    Raises
    ------
    BenchRefused
        It is not TOML, lacks a key, or has one that is not known.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BenchRefused(f"{path}: {error}") from error
    for key in content:
        if key not in _KEYS:
            raise BenchRefused(f"{path}: {key!r} is refused; {_accepted(key, _KEYS)}")
    if not content.get("name") or not content.get("roles"):
        raise BenchRefused(f"{path}: a bench needs a name and at least one role")
    simulated = "simulator" in content
    title = content.get("title", {})
    return BenchFile(
        path=path,
        name=str(content["name"]),
        title=Name(ko=title.get("ko", content["name"]), en=title.get("en", content["name"])),
        roles={
            role: _role(path, role, setting, simulated)
            for role, setting in content["roles"].items()
        },
        simulated=simulated,
        clock=str(content.get("simulator", {}).get("clock", "real")),
        ambient=_ambient(path, content.get("ambient")),
    )


def _ambient(path: Path, value: object) -> float | None:
    if value is None or (isinstance(value, (int, float)) and _ROOM[0] <= value <= _ROOM[1]):
        return value
    accepted = f"a temperature [degC] from {_ROOM[0]:g} to {_ROOM[1]:g}"
    raise BenchRefused(f"{path}: ambient = {value!r} is refused; accepted: {accepted}")


def _role(path: Path, role: str, setting: Mapping[str, Any], simulated: bool) -> RoleSetting:
    needed = ("driver",) if simulated else ("driver", "address")
    for key in needed:
        if not setting.get(key):
            raise BenchRefused(f"{path}: role {role} needs {key!r}")
    return RoleSetting(
        role=role,
        driver=setting["driver"],
        address=setting.get("address", ""),
        serial=str(setting.get("serial", "")),
        equipment=setting.get("equipment", ""),
        limits=setting.get("limits", {}),
        options={
            key: _option(path, key, value)
            for key, value in setting.items()
            if key not in _ROLE_KEYS
        },
    )


def _option(path: Path, key: str, value: Any) -> Any:  # noqa: ANN401 (each driver declares its own)
    # A file that a bench file names lies where the bench file lies.
    return str(path.parent / value) if key == "overlay" else value


def _accepted(key: str, keys: tuple[str, ...]) -> str:
    near = get_close_matches(key, keys, 1)
    return f"accepted: {', '.join(keys)}" + (f" (nearest: {near[0]})" if near else "")


def bench_files(directory: Path) -> dict[str, BenchFile]:
    """Read all bench files of a centre, by the bench's name.

    Raises
    ------
    BenchRefused
        One of them cannot be used, or two have the same name.
    """
    found: dict[str, BenchFile] = {}
    for path in sorted(directory.glob("*.toml")):
        bench = read_bench(path)
        if bench.name in found:
            raise BenchRefused(f"{path}: bench {bench.name!r} is also in {found[bench.name].path}")
        found[bench.name] = bench
    return found


def add_training_benches(directory: Path) -> None:
    """Put the three simulated training benches into a centre that has no bench yet."""
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.glob("*.toml")):
        return
    for source in (files("testbed.adapters") / "training").iterdir():
        if source.name.endswith(".toml"):
            (directory / source.name).write_bytes(source.read_bytes())

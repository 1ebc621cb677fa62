"""The settings of a centre: one frozen tree from ``testbed.toml`` and the environment."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path

import platformdirs

from testbed.domain.retention import DEFAULT_CLASSES

__all__ = ["Settings", "SettingsRefused", "load"]


class SettingsRefused(ValueError):
    """A setting that cannot be used: names it and what would be accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where a centre lives, and how it is reached.

    Attributes
    ----------
    home
        Directory of everything that belongs to the centre.
    database
        URL of its database; SQLite in its home where nothing is said.
    visa_library
        Backend as PyVISA names it ("@py", "@ivi").
    demo_password
        Password of all accounts where this is the demonstration, whose login page shows them.
    segment_hours, segment_megabytes
        After how much of it a long run goes on in a further file.
    archive
        fsspec URL to which records are archived where none is named ("s3://bucket/runs").
    archive_cache
        Room [bytes] for archived records that were looked at; in the file as text ("20 GB").
    retention
        Classes of retention: name to years [a]. A table in the file; it adds to the three that
        there are, or changes their years.
    """

    home: Path
    database: str
    visa_library: str = "@py"
    demo_password: str = ""
    segment_hours: float = 24.0
    segment_megabytes: float = 2048.0
    archive: str = ""
    archive_cache: int = 20 * 10**9
    retention: Mapping[str, int] = field(default_factory=lambda: dict(DEFAULT_CLASSES))

    @property
    def demo(self) -> bool:
        """Whether this is the demonstration."""
        return bool(self.demo_password)

    @property
    def runs(self) -> Path:
        """Directory of the run files."""
        return self.home / "runs"

    @property
    def cache(self) -> Path:
        """Directory of archived records that were looked at."""
        return self.home / "cache"

    @property
    def exports(self) -> Path:
        """Directory of files that are made of records on request."""
        return self.home / "exports"

    @property
    def benches(self) -> Path:
        """Directory of the bench files."""
        return self.home / "benches"

    def state(self, bench: str) -> Path:
        """Directory of what belongs to the running processes of a bench."""
        return self.home / "state" / bench


_NUMBERS = ("segment_hours", "segment_megabytes")
_KEYS = tuple(each.name for each in fields(Settings) if each.name != "home")


def load(home: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of the centre in `home`.

    Parameters
    ----------
    home
        Directory; else ``TESTBED_HOME``, else the usual place for a user's data.
    environment
        ``TESTBED_DATABASE`` and the like win over the file.

    Raises
    ------
    SettingsRefused
        The file is not TOML, or a key is not known.
    """
    env = os.environ if environment is None else environment
    place = home or Path(env.get("TESTBED_HOME") or platformdirs.user_data_dir("testbed"))
    place = place.expanduser().absolute()
    values: dict[str, object] = {}
    file = place / "testbed.toml"
    if file.exists():
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SettingsRefused(f"{file}: {error}") from error
    for key, value in values.items():
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, 1)
            hint = f" (nearest: {near[0]})" if near else ""
            raise SettingsRefused(f"{file}: {key!r} is refused; accepted: {', '.join(_KEYS)}{hint}")
        if key in _NUMBERS:
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
                raise SettingsRefused(f"{file}: {key} = {value!r}; accepted: a number above 0")
        elif key != "retention" and not isinstance(value, str):
            raise SettingsRefused(f"{file}: {key} = {value!r}; accepted: text")
    for key in ("database", "visa_library"):
        if found := env.get(f"TESTBED_{key.upper()}"):
            values[key] = found
    return Settings(
        home=place,
        database=str(values.get("database") or f"sqlite:///{place / 'testbed.db'}"),
        visa_library=str(values.get("visa_library", "@py")),
        demo_password=str(values.get("demo_password", "")),
        archive=str(values.get("archive", "")),
        archive_cache=_size(file, str(values.get("archive_cache", "20 GB"))),
        retention=_retention(file, values.get("retention", {})),
        **{key: float(str(values[key])) for key in _NUMBERS if key in values},
    )


_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kMGT])B")
_POWERS = {"k": 3, "M": 6, "G": 9, "T": 12}
_CLASS = re.compile(r"[a-z][a-z0-9-]{0,31}")
_MOST_YEARS = 200


def _size(file: Path, text: str) -> int:
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise SettingsRefused(f"{file}: archive_cache = {text!r}; accepted: a size like '20 GB'")
    return int(float(found[1]) * 10 ** _POWERS[found[2]])


def _retention(file: Path, said: object) -> dict[str, int]:
    if not isinstance(said, dict):
        raise SettingsRefused(f"{file}: retention = {said!r}; accepted: a table of years")
    for name, years in said.items():
        if not _CLASS.fullmatch(name):
            raise SettingsRefused(f"{file}: retention.{name}; accepted: small letters and -")
        if type(years) is not int or not 1 <= years <= _MOST_YEARS:
            raise SettingsRefused(
                f"{file}: retention.{name} = {years!r}; accepted: 1 to {_MOST_YEARS} years"
            )
    return {**DEFAULT_CLASSES, **said}

"""The settings of a centre: one frozen tree from ``testbed.toml`` and the environment."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path

import platformdirs

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
    """

    home: Path
    database: str
    visa_library: str = "@py"
    demo_password: str = ""
    segment_hours: float = 24.0
    segment_megabytes: float = 2048.0

    @property
    def demo(self) -> bool:
        """Whether this is the demonstration."""
        return bool(self.demo_password)

    @property
    def runs(self) -> Path:
        """Directory of the run files."""
        return self.home / "runs"

    @property
    def benches(self) -> Path:
        """Directory of the bench files."""
        return self.home / "benches"

    def state(self, bench: str) -> Path:
        """Directory of what belongs to the running processes of a bench."""
        return self.home / "state" / bench


_NUMBERS = ("segment_hours", "segment_megabytes")
_KEYS = tuple(field.name for field in fields(Settings) if field.name != "home")


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
        elif not isinstance(value, str):
            raise SettingsRefused(f"{file}: {key} = {value!r}; accepted: text")
    for key in ("database", "visa_library"):
        if found := env.get(f"TESTBED_{key.upper()}"):
            values[key] = found
    return Settings(
        home=place,
        database=str(values.get("database") or f"sqlite:///{place / 'testbed.db'}"),
        visa_library=str(values.get("visa_library", "@py")),
        demo_password=str(values.get("demo_password", "")),
        **{key: float(str(values[key])) for key in _NUMBERS if key in values},
    )

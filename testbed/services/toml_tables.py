"""A table of TOML, read key by key; what does not fit is remembered, not raised."""

import math
from collections.abc import Mapping
from difflib import get_close_matches

from testbed.domain.objections import Objection
from testbed.procedure.parameters import number_and_unit
from testbed.services.import_rules import Amount

__all__ = ["TomlTable"]

_SECONDS = {"": 1.0, "s": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0}


class TomlTable:
    """A table of the mapping, read key by key; what does not fit is remembered."""

    def __init__(self, values: Mapping[str, object], at: str, objections: list[Objection]) -> None:
        self._values = dict(values)
        self._at = at
        self._known: set[str] = set()
        self.objections = objections

    def name(self, key: str) -> str:
        """Name a key with the tables around it."""
        return f"{self._at}.{key}" if self._at else key

    def take(self, key: str) -> object:
        """Take the value of a key as it is; None where it is not there."""
        self._known.add(key)
        return self._values.get(key)

    def keys_of(self) -> list[str]:
        """List the keys."""
        return list(self._values)

    def close(self) -> None:
        """Object to every key that nobody asked for."""
        for key in self._values:
            if key not in self._known:
                near = get_close_matches(key, self._known, 1)
                self.objections.append(
                    Objection(
                        "mapping-key-unknown",
                        {
                            "key": self.name(key),
                            "accepted": ", ".join(sorted(self._known)),
                            "nearest": near[0] if near else "—",
                        },
                    )
                )

    def object_to(self, code: str, key: str, value: object) -> None:
        """Object to a value."""
        said = {"key": self.name(key), "value": repr(value)[:80]}
        self.objections.append(Objection(code, said))

    def missing(self, key: str) -> None:
        """Object to a key that is not there."""
        self.objections.append(Objection("mapping-key-missing", {"key": self.name(key)}))

    def text(self, key: str, default: str = "") -> str:
        """Take a text."""
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, str):
            self.object_to("mapping-not-text", key, value)
            return default
        return value

    def flag(self, key: str, default: bool) -> bool:
        """Take true or false."""
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.object_to("mapping-not-flag", key, value)
            return default
        return value

    def column(self, key: str) -> str | int | None:
        """Take a heading or a number from 0."""
        value = self.take(key)
        fits = (isinstance(value, int) and not isinstance(value, bool) and value >= 0) or (
            isinstance(value, str) and value
        )
        if value is None or fits:
            return value  # type: ignore[return-value]
        self.object_to("mapping-not-column", key, value)
        return None

    def amount(self, key: str) -> Amount | None:
        """Take a number, with or without its unit."""
        return self._amount(key, self.take(key))

    def _amount(self, key: str, value: object) -> Amount | None:
        if value is None:
            return None
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if math.isfinite(value):
                return Amount(float(value))
        elif isinstance(value, str) and (found := number_and_unit(value)) is not None:
            return Amount(*found)
        self.object_to("mapping-not-amount", key, value)
        return None

    def amounts(self, key: str, count: int | None = None) -> tuple[Amount, ...]:
        """Take a list of them, of a certain length where that is asked."""
        value = self.take(key)
        if value is None:
            return ()
        if not isinstance(value, list) or (count is not None and len(value) != count):
            self.object_to("mapping-not-amounts", key, value)
            return ()
        return tuple(a for a in (self._amount(key, each) for each in value) if a is not None)

    def texts(self, key: str) -> tuple[str, ...]:
        """Take a text or a list of texts."""
        value = self.take(key)
        if value is None:
            return ()
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self.object_to("mapping-not-texts", key, value)
            return ()
        return tuple(value)

    def table(self, key: str) -> "TomlTable":
        """Take a table; an empty one where it is not there."""
        value = self.take(key)
        if value is not None and not isinstance(value, dict):
            self.object_to("mapping-not-table", key, value)
            value = None
        return TomlTable(value or {}, self.name(key), self.objections)

    def seconds(self, key: str) -> float | None:
        """Take a duration above 0 [s]."""
        found = self.amount(key)
        if found is None:
            return None
        if found.unit not in _SECONDS or not found.value > 0.0:
            self.object_to("mapping-not-duration", key, f"{found.value:g} {found.unit}")
            return None
        return found.value * _SECONDS[found.unit]

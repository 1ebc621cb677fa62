"""What stands beside an axis: the quantity's name and its unit."""

from collections.abc import Mapping
from types import MappingProxyType

from testbed.i18n import Words

__all__ = ["axis_title", "unit_text"]

_UNITS: Mapping[str, str] = MappingProxyType(
    {
        "1": "",
        "degC": "°C",
        "mm2": "mm²",
        "A h": "Ah",
        "W h": "Wh",
        "V/degC": "V/°C",
        "ohm": "Ω",
    }
)


def unit_text(unit: str) -> str:
    """Spell a unit for people; "1" has none."""
    return _UNITS.get(unit, unit)


def axis_title(channel: str, unit: str, words: Words) -> str:
    """Name a channel with its unit, as "Force [N]"; time is in seconds."""
    name = words(f"channel.{channel}")
    name = channel if name.startswith("channel.") else name
    shown = unit_text("s" if channel == "time" else unit)
    return f"{name} [{shown}]" if shown else name

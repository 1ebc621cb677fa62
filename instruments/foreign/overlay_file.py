"""Reads overlays from YAML."""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from instruments import roles
from instruments.accuracy import Accuracy, Span
from instruments.foreign.overlay import Confirmed, Method, Overlay, OverlayRefused, Step
from instruments.model import Model
from instruments.ranges import Range
from instruments.readings import Reading
from instruments.roles import Instrument
from instruments.scpi_instrument import ScpiInstrument

__all__ = ["methods_of", "read_overlay", "shipped", "shipped_overlay"]

_KEYS = ("driver", "maker", "model", "also", "manual", "role", "channels", "ranges", "accuracy",
         "methods", "safe", "settings", "arguments", "error_query", "port", "baud")  # fmt: skip
_NEEDED = ("driver", "maker", "model", "manual", "role", "methods")
_METHOD = ("arguments", "do", "get", "confirm", "accuracy")
_RANGE = ("unit", "from", "to", "either_sign")
_GIVEN = (Reading, bool, None)
"""What a method of a role may give so that an overlay can say how."""


def shipped(library: str) -> tuple[str, ...]:
    """List the drivers of a library for which an overlay comes with this package."""
    return tuple(sorted(f"{library}:{what}" for what in _shipped_files(library)))


def shipped_overlay(library: str, what: str) -> Overlay | None:
    """Read the overlay that comes with this package, if one does."""
    found = _shipped_files(library).get(what)
    return None if found is None else _read(found.read_text("utf-8"), found.name)


def _shipped_files(library: str) -> dict[str, Traversable]:
    folder = files("instruments.foreign") / "overlays"
    prefix, suffix = f"{library}.", ".yaml"
    return {
        each.name.removeprefix(prefix).removesuffix(suffix): each
        for each in folder.iterdir()
        if each.name.startswith(prefix) and each.name.endswith(suffix)
    }


def read_overlay(path: Path) -> Overlay:
    """Read an overlay file.

    Raises
    ------
    OverlayRefused
        It is not there, no YAML, or says what cannot be; the message names the place.
    """
    try:
        return _read(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise OverlayRefused(f"overlay {path}: {error.strerror}") from error


def _read(text: str, name: str) -> Overlay:
    try:
        return _overlay(yaml.safe_load(text))
    except (yaml.YAMLError, KeyError, TypeError, ValueError, OverlayRefused) as error:
        raise OverlayRefused(f"overlay {name}: {error}") from error


def _overlay(content: object) -> Overlay:
    table = _table("overlay", content, _KEYS)
    if missing := [key for key in _NEEDED if not table.get(key)]:
        raise OverlayRefused(f"{', '.join(missing)} is missing")
    channels = tuple(map(int, table.get("channels", ())))
    accuracy = {name: _accuracy(name, each) for name, each in table.get("accuracy", {}).items()}
    ranges = _ranges(table.get("ranges", {}), channels)
    role = _role(str(table["role"]))
    methods = {name: _method(name, each, channels) for name, each in table["methods"].items()}
    quantities = {each.quantity for accepted in ranges.values() for each in accepted}
    for problem in _problems(role, methods, set(accuracy), quantities):
        raise OverlayRefused(problem)
    if any(name.startswith("switch_") for name in methods) and "confirm" not in table.get(
        "safe", {}
    ):
        raise OverlayRefused("`safe` is missing: how every output goes off, and what confirms it")
    widest = {each.quantity: each for each in sorted(sum(ranges.values(), ()), key=_top)}
    return Overlay(
        driver=str(table["driver"]),
        about=Model(
            maker=str(table["maker"]),
            name=str(table["model"]),
            also=tuple(map(str, table.get("also", ()))),
            manual=str(table["manual"]),
            plays=(role,),
            ranges=tuple(widest.values()),
            accuracy=accuracy,
            outputs=max(1, len(channels)),
            port=int(table.get("port", 0)),
            baud=int(table.get("baud", 0)),
        ),
        methods=methods,
        channels=channels,
        ranges=ranges,
        either_sign=frozenset(
            name for name, each in table.get("ranges", {}).items() if each.get("either_sign")
        ),
        safe=_method("safe", table["safe"], channels) if "safe" in table else None,
        settings={name: _setting(name, each) for name, each in table.get("settings", {}).items()},
        arguments=_table("arguments", table.get("arguments", {})),
        error_query=str(table.get("error_query", ScpiInstrument.error_query)),
    )


def _top(accepted: Range) -> float:
    return accepted.high


def _table(where: str, value: object, accepted: tuple[str, ...] = ()) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise OverlayRefused(f"{where} has to be a table")
    for key in value if accepted else ():
        if key not in accepted:
            near = get_close_matches(str(key), accepted, 1)
            hint = f" (nearest: {near[0]})" if near else ""
            raise OverlayRefused(
                f"{where}: {key!r} is refused; accepted: {', '.join(accepted)}{hint}"
            )
    return value


def _role(name: str) -> type[Any]:
    if name not in roles.__all__ or name == "Instrument":
        raise OverlayRefused(f"role {name!r} is refused; accepted: {', '.join(roles.__all__)}")
    role: type[Any] = getattr(roles, name)
    for method, signature in methods_of(role).items():
        if signature.return_annotation not in _GIVEN:
            raise OverlayRefused(f"role {name} cannot be played by an overlay: {method} gives "
                                 f"{signature.return_annotation}")  # fmt: skip
    return role


def methods_of(role: type[Any]) -> dict[str, inspect.Signature]:
    """List what a role does beyond every instrument, without `self`."""
    return {
        name: inspect.signature(function, eval_str=True)
        for name, function in inspect.getmembers(role, inspect.isfunction)
        if not name.startswith("_") and not hasattr(Instrument, name)
    }


def _problems(
    role: type[Any], methods: Mapping[str, Method], accuracy: set[str], quantities: set[str]
) -> Iterator[str]:
    wanted = methods_of(role)
    for name in sorted(methods.keys() ^ wanted.keys()):
        what = "is missing" if name in wanted else "is not a method of it"
        yield f"role {role.__name__}: {name} {what}"
    for name, signature in wanted.items():
        method, gives = methods[name], signature.return_annotation
        if (gives is None) is bool(method.get):
            yield f"{name}: `get` is " + ("out of place" if gives is None else "missing")
        if gives is Reading and not method.accuracy:
            yield f"{name}: `accuracy` is missing"
        if unknown := set(method.accuracy.values()) - accuracy:
            yield f"{name}: accuracy {', '.join(sorted(unknown))} is not given"
        if unknown := set(method.arguments.values()) - quantities:
            yield f"{name}: range {', '.join(sorted(unknown))} is not given"
        if gives is None and not method.confirm:
            yield f"{name}: `confirm` is missing: what was set has to be read back"
        for argument in list(signature.parameters.values())[1:]:
            if argument.annotation is not bool and argument.name not in method.arguments:
                yield f"{name}: argument {argument.name} has no range"


def _method(name: str, content: object, channels: tuple[int, ...]) -> Method:
    table = _table(name, content, _METHOD)
    accuracy = table.get("accuracy", {})
    if isinstance(accuracy, str):
        accuracy = dict.fromkeys(channels or (0,), accuracy)
    return Method(
        name=name,
        arguments=_table(f"{name}.arguments", table.get("arguments", {})),
        do=tuple(_step(name, each) for each in table.get("do", ())),
        get=str(table.get("get", "")),
        confirm=tuple(_confirmed(name, *each) for each in table.get("confirm", {}).items()),
        accuracy={int(channel): str(each) for channel, each in accuracy.items()},
    )


def _step(name: str, content: object) -> Step:
    table = _table(f"{name}.do", content, ("set", "to", "call", "with"))
    if "call" in table:
        return Step(place=str(table["call"]), calls=True, values=tuple(table.get("with", ())))
    return Step(place=str(table["set"]), calls=False, values=(table["to"],))


def _confirmed(name: str, place: str, content: object) -> Confirmed:
    if not isinstance(content, dict):
        return Confirmed(place=place, value=content)
    table = _table(f"{name}.confirm.{place}", content, ("is", "within"))
    return Confirmed(place=place, value=table["is"], within=float(table.get("within", 0.0)))


def _setting(name: str, content: object) -> tuple[str, str]:
    table = _table(f"setting {name}", content, ("number", "switch", "text"))
    ((kind, place),) = table.items()
    return kind, str(place)


def _ranges(content: object, channels: tuple[int, ...]) -> dict[int, tuple[Range, ...]]:
    found: dict[int, list[Range]] = {channel: [] for channel in channels or (0,)}
    for quantity, each in _table("ranges", content).items():
        table = _table(f"range {quantity}", each, _RANGE)
        for channel, accepted in found.items():
            low, high = (
                table[key][channel] if isinstance(table[key], dict) else table[key]
                for key in ("from", "to")
            )
            accepted.append(Range(quantity, float(low), float(high), str(table["unit"])))
    return {channel: tuple(accepted) for channel, accepted in found.items()}


def _accuracy(name: str, content: object) -> Accuracy:
    table = dict(_table(f"accuracy {name}", content, tuple(each.name for each in fields(Accuracy))))
    spans = {
        int(days): tuple(
            Span(**{key: float(value) for key, value in line.items()}) for line in lines
        )
        for days, lines in table.pop("spans", {}).items()
    }
    if "reference" in table:
        low, high = table["reference"]
        table["reference"] = (float(low), float(high))
    return Accuracy(spans=spans, **{"page": "", **table})

"""The mapping of a foreign file to a method, as a person writes it in TOML."""

import tomllib
from collections.abc import Sequence
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from testbed.domain.objections import Objection
from testbed.procedure.parameters import number_and_unit
from testbed.services.import_rules import (
    Amount,
    ChannelRule,
    DerivedRule,
    DwellRule,
    LimitRule,
    MappingFile,
    MappingRefused,
    Named,
    TimeRule,
)
from testbed.services.toml_tables import TomlTable

__all__ = ["read_mapping"]


def read_mapping(text: str) -> MappingFile:
    """Read a mapping.

    Raises
    ------
    MappingRefused
        It is no TOML, a key is unknown or a value does not fit; everything is named at once.
    """
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise MappingRefused(Objection("mapping-no-toml", {"cause": str(error)})) from error
    objections: list[Objection] = []
    top = TomlTable(values, "", objections)
    file = top.table("file")
    found = MappingFile(
        method=top.text("method"),
        title=top.text("title"),
        specimen=top.text("specimen"),
        encoding=file.text("encoding"),
        delimiter=file.text("delimiter"),
        decimal=_one_of(file, "decimal", (".", ",")),
        thousands=_one_of(file, "thousands", (",", ".", "'", "’", " ")),
        sentinels=tuple(amount.value for amount in file.amounts("sentinels")),
        gaps=file.texts("gaps"),
        origin=_origin(top.table("origin")),
        time=_time(top.table("time")),
        channels=_channels(top.table("channels")),
        extra=_channels(top.table("extra")),
        parameters=_parameters(top.table("parameters")),
        derived=_derived(top.table("derived")),
        dwells=_dwells(top),
        limits=_limits(top.table("limits")),
    )
    file.close()
    top.close()
    if objections:
        raise MappingRefused(*objections)
    return found


def _one_of(table: TomlTable, key: str, accepted: Sequence[str]) -> str:
    value = table.text(key)
    if value and value not in accepted:
        said = {"key": table.name(key), "value": value, "accepted": " ".join(map(repr, accepted))}
        table.objections.append(Objection("mapping-not-offered", said))
        return ""
    return value


def _origin(table: TomlTable) -> dict[str, str]:
    found = {key: table.text(key) for key in ("maker", "machine", "serial", "software", "place")}
    table.close()
    return {key: value for key, value in found.items() if value}


def _time(table: TomlTable) -> TimeRule:
    zone: tzinfo = ZoneInfo("Asia/Seoul")
    if named := table.text("timezone"):
        try:
            zone = ZoneInfo(named)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            table.object_to("mapping-zone-unknown", "timezone", named)
    started = table.take("started")
    if isinstance(started, str):
        try:
            started = datetime.fromisoformat(started)
        except ValueError:
            table.object_to("mapping-not-instant", "started", started)
            started = None
    if started is not None and not isinstance(started, datetime):
        table.object_to("mapping-not-instant", "started", started)
        started = None
    if isinstance(started, datetime) and started.tzinfo is None:
        started = started.replace(tzinfo=zone)
    column = table.column("column")
    rule = TimeRule(
        column="" if column is None else column,
        clock=table.column("clock"),
        unit=table.text("unit"),
        interval=table.seconds("interval"),
        format=table.text("format"),
        zone=zone,
        started=started,
    )
    table.close()
    return rule


def _channels(table: TomlTable) -> dict[str, ChannelRule]:
    found = {}
    for name in table.keys_of():
        one = table.table(name)
        column = one.column("column")
        if column is None:
            one.missing("column")
        scale, offset = one.amount("scale"), one.amount("offset")
        expected = one.amounts("expected", 2)
        rule = ChannelRule(
            column="" if column is None else column,
            unit=one.text("unit"),
            records=one.text("records"),
            scale=scale or Amount(1.0),
            offset=offset or Amount(0.0),
            reason=one.text("reason"),
            expected=(expected[0], expected[1]) if len(expected) == 2 else None,
            full_scale=one.amount("full_scale"),
            measured=one.flag("measured", default=True),
        )
        if (scale is not None or offset is not None) and not rule.reason:
            one.objections.append(Objection("mapping-reason-missing", {"key": table.name(name)}))
        if scale is not None and scale.value == 0.0:
            one.object_to("mapping-scale-zero", "scale", 0)
        one.close()
        found[name] = rule
    return found


def _parameters(table: TomlTable) -> dict[str, Amount | Named | str]:
    found: dict[str, Amount | Named | str] = {}
    for name in table.keys_of():
        value = table.take(name)
        if isinstance(value, dict):
            one = table.table(name)
            label = one.text("label")
            if not label:
                one.missing("label")
            one.close()
            found[name] = Named(label)
        elif isinstance(value, str) and number_and_unit(value) is None:
            found[name] = value
        elif (amount := table.amount(name)) is not None:
            found[name] = amount
    return found


def _derived(table: TomlTable) -> dict[str, DerivedRule]:
    found = {}
    for name in table.keys_of():
        one = table.table(name)
        column = one.column("column")
        of = one.texts("of")
        if column is None:
            one.missing("column")
        if not of:
            one.missing("of")
        found[name] = DerivedRule(
            column="" if column is None else column,
            unit=one.text("unit"),
            of=of,
            over=one.text("over"),
            along=one.text("along"),
        )
        one.close()
    return found


def _dwells(top: TomlTable) -> DwellRule | None:
    if top.take("dwells") is None:
        return None
    table = top.table("dwells")
    set_point, judged = table.text("set_point"), table.text("judged")
    for key, value in (("set_point", set_point), ("judged", judged)):
        if not value:
            table.missing(key)
    rule = DwellRule(
        set_point=set_point,
        judged=judged,
        control=table.text("control"),
        tolerances=table.amounts("tolerances"),
        shortest=table.seconds("shortest") or 1800.0,
        settling=table.seconds("settling") or 0.0,
        at=table.amount("at"),
        phases=(table.text("before"), table.text("during"), table.text("after")),
    )
    table.close()
    return rule


def _limits(table: TomlTable) -> dict[str, LimitRule]:
    found = {}
    for name in table.keys_of():
        one = table.table(name)
        low, high = one.amount("low"), one.amount("high")
        if low is None and high is None:
            one.missing("low")
        found[name] = LimitRule(low, high, one.text("source"))
        one.close()
    return found

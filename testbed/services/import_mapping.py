"""The mapping of a foreign file to a method, as a person writes it in TOML."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from testbed.domain.objections import Objection, Refused
from testbed.procedure.parameters import number_and_unit

__all__ = [
    "Amount",
    "ChannelRule",
    "DerivedRule",
    "DwellRule",
    "LimitRule",
    "MappingFile",
    "MappingRefused",
    "Named",
    "TimeRule",
    "read_mapping",
]


class MappingRefused(ValueError):
    """A mapping that cannot be used: every objection, to be put into words at the door."""

    def __init__(self, *objections: Objection) -> None:
        self.refused = Refused(objections)
        super().__init__("; ".join(f"{each.code} {dict(each.values)}" for each in objections))


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit; "" where none is said."""

    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """A value that stands in the foreign file itself, behind this label above its table."""

    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRule:
    """Which column a channel is, and how it becomes it: ``scale * column + offset``.

    Attributes
    ----------
    column
        Heading, or number from 0.
    unit
        Of the column; "" takes what the file says.
    records
        Unit in the record; "" takes that of the method or of the column.
    expected
        Lowest and highest that is plausible.
    full_scale
        Of the range that it was measured in.
    measured
        Whether it was measured; a set-point was not.
    """

    column: str | int
    unit: str = ""
    records: str = ""
    scale: Amount = Amount(1.0)
    offset: Amount = Amount(0.0)
    reason: str = ""
    expected: tuple[Amount, Amount] | None = None
    full_scale: Amount | None = None
    measured: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRule:
    """Where the time stands: see `runs.ImportPlan`."""

    column: str | int = ""
    clock: str | int | None = None
    unit: str = ""
    interval: float | None = None
    format: str = ""
    zone: tzinfo = UTC
    started: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedRule:
    """A column that follows from others: see `testbed.evaluation.derived_columns.Definition`."""

    column: str | int
    unit: str = ""
    of: tuple[str, ...] = ()
    over: str = ""
    along: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DwellRule:
    """How the dwells of a log without phases are found and judged.

    Attributes
    ----------
    set_point, judged, control
        Channels; `control` is only compared.
    tolerances
        Deviations to judge by, in the unit of the channel or as differences ("2 K").
    shortest
        Shortest dwell [s].
    phases
        Names of the method's phases before, in and after the dwell at `at`; "" makes none.
    """

    set_point: str
    judged: str
    control: str = ""
    tolerances: tuple[Amount, ...] = ()
    shortest: float = 1800.0
    at: Amount | None = None
    phases: tuple[str, str, str] = ("", "", "")


@dataclass(frozen=True, slots=True)
class LimitRule:
    """What an order asks of a measurand."""

    low: Amount | None
    high: Amount | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingFile:
    """All that a mapping says; what it leaves out is found in the foreign file, or asked for."""

    method: str = ""
    title: str = ""
    specimen: str = ""
    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    thousands: str = ""
    sentinels: tuple[float, ...] = ()
    gaps: tuple[str, ...] = ()
    origin: Mapping[str, str] = field(default_factory=dict)
    time: TimeRule = TimeRule()
    channels: Mapping[str, ChannelRule] = field(default_factory=dict)
    extra: Mapping[str, ChannelRule] = field(default_factory=dict)
    parameters: Mapping[str, Amount | Named | str] = field(default_factory=dict)
    derived: Mapping[str, DerivedRule] = field(default_factory=dict)
    dwells: DwellRule | None = None
    limits: Mapping[str, LimitRule] = field(default_factory=dict)


class _Table:
    """A table of the mapping, read key by key; what does not fit is remembered."""

    def __init__(self, values: Mapping[str, object], at: str, objections: list[Objection]) -> None:
        self._values = dict(values)
        self._at = at
        self._known: set[str] = set()
        self.objections = objections

    def name(self, key: str) -> str:
        return f"{self._at}.{key}" if self._at else key

    def take(self, key: str) -> object:
        self._known.add(key)
        return self._values.get(key)

    def keys(self) -> list[str]:
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
        said = {"key": self.name(key), "value": repr(value)[:80]}
        self.objections.append(Objection(code, said))

    def missing(self, key: str) -> None:
        self.objections.append(Objection("mapping-key-missing", {"key": self.name(key)}))

    def text(self, key: str, default: str = "") -> str:
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, str):
            self.object_to("mapping-not-text", key, value)
            return default
        return value

    def flag(self, key: str, default: bool) -> bool:  # noqa: FBT001
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.object_to("mapping-not-flag", key, value)
            return default
        return value

    def column(self, key: str) -> str | int | None:
        value = self.take(key)
        fits = (isinstance(value, int) and not isinstance(value, bool) and value >= 0) or (
            isinstance(value, str) and value
        )
        if value is None or fits:
            return value  # type: ignore[return-value]
        self.object_to("mapping-not-column", key, value)
        return None

    def amount(self, key: str) -> Amount | None:
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
        value = self.take(key)
        if value is None:
            return ()
        if not isinstance(value, list) or (count is not None and len(value) != count):
            self.object_to("mapping-not-amounts", key, value)
            return ()
        return tuple(a for a in (self._amount(key, each) for each in value) if a is not None)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.take(key)
        if value is None:
            return ()
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self.object_to("mapping-not-texts", key, value)
            return ()
        return tuple(value)

    def table(self, key: str) -> "_Table":
        value = self.take(key)
        if value is not None and not isinstance(value, dict):
            self.object_to("mapping-not-table", key, value)
            value = None
        return _Table(value or {}, self.name(key), self.objections)

    def seconds(self, key: str) -> float | None:
        found = self.amount(key)
        if found is None:
            return None
        sizes = {"": 1.0, "s": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0}
        if found.unit not in sizes or not found.value > 0.0:
            self.object_to("mapping-not-duration", key, f"{found.value:g} {found.unit}")
            return None
        return found.value * sizes[found.unit]


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
    top = _Table(values, "", objections)
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


def _one_of(table: _Table, key: str, accepted: Sequence[str]) -> str:
    value = table.text(key)
    if value and value not in accepted:
        said = {"key": table.name(key), "value": value, "accepted": " ".join(map(repr, accepted))}
        table.objections.append(Objection("mapping-not-offered", said))
        return ""
    return value


def _origin(table: _Table) -> dict[str, str]:
    found = {key: table.text(key) for key in ("maker", "machine", "serial", "software", "place")}
    table.close()
    return {key: value for key, value in found.items() if value}


def _time(table: _Table) -> TimeRule:
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


def _channels(table: _Table) -> dict[str, ChannelRule]:
    found = {}
    for name in table.keys():
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


def _parameters(table: _Table) -> dict[str, Amount | Named | str]:
    found: dict[str, Amount | Named | str] = {}
    for name in table.keys():
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


def _derived(table: _Table) -> dict[str, DerivedRule]:
    found = {}
    for name in table.keys():
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


def _dwells(top: _Table) -> DwellRule | None:
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
        at=table.amount("at"),
        phases=(table.text("before"), table.text("during"), table.text("after")),
    )
    table.close()
    return rule


def _limits(table: _Table) -> dict[str, LimitRule]:
    found = {}
    for name in table.keys():
        one = table.table(name)
        low, high = one.amount("low"), one.amount("high")
        if low is None and high is None:
            one.missing("low")
        found[name] = LimitRule(low, high, one.text("source"))
        one.close()
    return found

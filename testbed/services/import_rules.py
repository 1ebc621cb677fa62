"""What a person says about a foreign file: columns, times, parameters, derived columns, limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from testbed.domain.objections import Objection, Refused

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
    shortest, settling
        Shortest dwell, and how long the specimen is given before it counts [s].
    phases
        Names of the method's phases before, in and after the dwell at `at`; "" makes none.
    """

    set_point: str
    judged: str
    control: str = ""
    tolerances: tuple[Amount, ...] = ()
    shortest: float = 1800.0
    settling: float = 0.0
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

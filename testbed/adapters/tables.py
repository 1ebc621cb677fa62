"""The tables of the centre: people, register, bookings and the audit trail.

An instant is a whole number of microseconds since 1970 in UTC, so that both engines compare and
index it alike; a period is half-open. Names are data in two columns. What stands in
`occupancies` is live: cancelling removes its rows, the booking itself stays on record.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

__all__ = [
    "LONGEST_OCCUPANCY",
    "Instant",
    "accounts",
    "audit",
    "authorisations",
    "booking_items",
    "bookings",
    "equipment",
    "equipment_methods",
    "facts",
    "metadata",
    "occupancies",
    "organisations",
    "outages",
    "sessions",
    "sign_in_failures",
    "specimens",
    "units",
]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_OCCUPANCY = timedelta(days=31)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored as microseconds since 1970 in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Turn an aware instant into microseconds."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant without time zone: {value}")
        return (value - EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Turn microseconds into an aware instant in UTC."""
        return None if value is None else EPOCH + timedelta(microseconds=value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

facts = Table(
    "facts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

organisations = Table(
    "organisations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name_ko", Text, nullable=False),
    Column("name_en", Text, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name_ko", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("organisation_id", ForeignKey("organisations.id"), nullable=False),
    Column("roles", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created", Instant, nullable=False),
)

authorisations = Table(
    "authorisations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("method", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("activity", Text, nullable=False),
    Column("valid_from", Instant, nullable=False),
    Column("valid_to", Instant),
    CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name="period"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("created", Instant, nullable=False),
    Column("expires", Instant, nullable=False),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login_hash", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "login_hash", "at"),
)

equipment = Table(
    "equipment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name_ko", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("maker", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("serial", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("bench", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("calibration_due", Date),
    Column("calibrated_on", Date),
    Column("calibration_certificate", Text, nullable=False),
    Column("needs_approval", Boolean, nullable=False),
    Column("direct_use", Boolean, nullable=False),
    Column("setup_minutes", Integer, nullable=False),
    Column("cooldown_minutes", Integer, nullable=False),
    Column("shortest_minutes", Integer, nullable=False),
    Column("longest_hours", Integer, nullable=False),
)

equipment_methods = Table(
    "equipment_methods",
    metadata,
    Column("equipment_id", ForeignKey("equipment.id"), primary_key=True),
    Column("method", Text, primary_key=True),
)

units = Table(
    "units",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("equipment_id", ForeignKey("equipment.id"), nullable=False),
    Column("number", Integer, nullable=False),
    UniqueConstraint("equipment_id", "number"),
)

specimens = Table(
    "specimens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("organisation_id", ForeignKey("organisations.id"), nullable=False, index=True),
    Column("received", Date),
)

bookings = Table(
    "bookings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("organisation_id", ForeignKey("organisations.id"), nullable=False),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("start", Instant, nullable=False),
    Column("end", Instant, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("specimen_id", ForeignKey("specimens.id")),
    Column("created", Instant, nullable=False),
    CheckConstraint('start < "end"', name="period"),
    Index(None, "organisation_id", "end"),
    Index(None, "end"),
)

booking_items = Table(
    "booking_items",
    metadata,
    Column("booking_id", ForeignKey("bookings.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("equipment_id", ForeignKey("equipment.id"), nullable=False, index=True),
    UniqueConstraint("booking_id", "equipment_id"),
)

outages = Table(
    "outages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("equipment_id", ForeignKey("equipment.id"), nullable=False, index=True),
    Column("start", Instant, nullable=False),
    Column("end", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    CheckConstraint('start < "end"', name="period"),
)

occupancies = Table(
    "occupancies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("unit_id", ForeignKey("units.id"), nullable=False),
    Column("start", Instant, nullable=False),
    Column("end", Instant, nullable=False),
    Column("booking_id", ForeignKey("bookings.id"), index=True),
    Column("outage_id", ForeignKey("outages.id"), index=True),
    CheckConstraint('start < "end"', name="period"),
    CheckConstraint(
        f'"end" - start <= {LONGEST_OCCUPANCY // _MICROSECOND}',
        name="longest",
    ),
    CheckConstraint("(booking_id IS NULL) <> (outage_id IS NULL)", name="owner"),
    Index(None, "unit_id", "start"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("account_id", ForeignKey("accounts.id")),
    Column("organisation_id", ForeignKey("organisations.id")),
    Column("subject", Text, nullable=False),
    Column("transition", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index(None, "subject", "id"),
    comment="append-only; organisation_id is whose affair it is, null for the centre's own",
)

"""Moments of foreign files: seconds of any size, or instants in any usual spelling."""

import re
from datetime import UTC, datetime, timedelta

import numpy as np

from runs.imports.plan import ImportPlan

__all__ = ["SECONDS", "instant", "is_instant", "named_time", "since"]

SECONDS = {
    "": 1.0, "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "초": 1.0,
    "ms": 1e-3, "milliseconds": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "microseconds": 1e-6,
    "ns": 1e-9, "nanoseconds": 1e-9, "min": 60.0, "minute": 60.0, "minutes": 60.0, "분": 60.0,
    "h": 3600.0, "hour": 3600.0, "hours": 3600.0, "시간": 3600.0, "d": 86400.0, "days": 86400.0,
}  # fmt: skip
_TIMES = frozenset(
    {"time", "t", "elapsed", "elapsed time", "timestamp", "datetime", "date time", "date/time",
     "zeit", "시간", "시각", "경과시간", "경과 시간", "일시", "측정시간", "측정일시"}
)  # fmt: skip
# Day and month in an order that cannot be mistaken; 03/04/2026 needs a format that is told.
_FORMATS = (
    "%Y/%m/%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y.%m.%d %H:%M:%S.%f",
    "%Y.%m.%d %H:%M:%S", "%d.%m.%Y %H:%M:%S.%f", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M",
    "%Y-%m-%d %p %I:%M:%S", "%Y-%m-%d %I:%M:%S %p",
)  # fmt: skip
_SINCE = re.compile(r"(\w+) since (.+)")
# A day alone is no instant: its clock stands in another column.
_DAY_AND_CLOCK = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*\d{1,2}:\d{2}")


def named_time(name: str) -> bool:
    """Tell whether a column of that name is the time."""
    return name.strip().lower() in _TIMES


def instant(text: str, plan: ImportPlan) -> datetime:
    """Read an instant, aware and in UTC.

    Raises
    ------
    ValueError
        It is none, or day and month could be either way round.
    """
    found = _parsed(text, plan.time_format)
    if found.tzinfo is None:
        found = found.replace(tzinfo=plan.timezone)
    return found.astimezone(UTC)


def _parsed(text: str, form: str) -> datetime:
    if form:
        return datetime.strptime(text, form)  # noqa: DTZ007
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        plain = text.replace("오전", "AM").replace("오후", "PM").replace("Z", "+00:00")
    for each in _FORMATS:
        try:
            return datetime.strptime(plain, each)  # noqa: DTZ007
        except ValueError:
            continue
    raise ValueError(text)


def is_instant(text: str, plan: ImportPlan) -> bool:
    """Tell whether it reads as an instant; a bare number or day is none."""
    if not plan.time_format and not _DAY_AND_CLOCK.search(text):
        return False
    try:
        instant(text, plan)
    except ValueError:
        return False
    return True


def since(units: str) -> tuple[float, datetime] | None:
    """Read CF time units ("seconds since 2026-03-02 09:00:00"): size [s] and origin."""
    found = _SINCE.fullmatch(units.strip())
    if found is None or found[1].lower() not in SECONDS:
        return None
    try:
        origin = datetime.fromisoformat(found[2].strip())
    except ValueError:
        return None
    return SECONDS[found[1].lower()], (
        origin.replace(tzinfo=UTC) if origin.tzinfo is None else origin.astimezone(UTC)
    )


def as_datetime(moment: "np.datetime64") -> datetime:
    """Turn numpy's instant into Python's, to the microsecond."""
    whole = int(moment.astype("datetime64[us]").astype("i8"))
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=whole)

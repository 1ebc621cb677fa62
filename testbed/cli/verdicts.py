"""Verdict tables in the terminal: unrounded beside rounded."""

from collections.abc import Iterable

from testbed.cli.words import table
from testbed.domain.conformity import Limit
from testbed.domain.judgement import Judgement
from testbed.i18n import Words

__all__ = ["verdict_table"]

_HEADS = ("Measurand", "Unrounded", "Rounded", "Unit", "Limit", "Verdict")


def verdict_table(method: str, judgements: Iterable[Judgement], said: Words) -> str:
    """Set the judgements of a run of `method` in a table."""
    rows = [
        (
            judged.symbol,
            said(f"measurand.{method}.{judged.measurand}"),
            "—" if judged.value is None else repr(judged.value),
            judged.rounded or "—",
            judged.unit,
            _limit(judged.limit),
            _verdict(judged, said),
        )
        for judged in judgements
    ]
    return table(["", *(said(head) for head in _HEADS)], rows, right=(2, 3))


def _verdict(judged: Judgement, said: Words) -> str:
    if judged.value is None and judged.reason:
        return said(judged.reason)
    return said(f"outcome.{judged.outcome}")


def _limit(limit: Limit | None) -> str:
    if limit is None:
        return ""
    if limit.low is not None and limit.high is not None:
        return f"{limit.low:g} … {limit.high:g}"
    return f"≥ {limit.low:g}" if limit.low is not None else f"≤ {limit.high:g}"

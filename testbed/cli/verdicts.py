"""Verdict tables in the terminal: each value with its uncertainty, and what decided on it."""

from collections.abc import Iterable

from testbed.cli.words import table
from testbed.domain.conformity import Limit
from testbed.domain.judgement import Judgement
from testbed.i18n import Words

__all__ = ["verdict_table"]

_HEADS = ("Measurand", "Unrounded", "Rounded", "Value ± U", "k", "Unit", "Limit", "Verdict")


def verdict_table(method: str, judgements: Iterable[Judgement], said: Words) -> str:
    """Set the judgements of a run of `method` in a table, with a line on each decision below."""
    judged = tuple(judgements)
    rows = [_row(method, each, said) for each in judged]
    lines = [_decision(each, said) for each in judged if each.decision is not None]
    found = table(["", *(said(head) for head in _HEADS)], rows, right=(2, 3, 5))
    return "\n".join((found, "", *lines)) if lines else found


def _row(method: str, judged: Judgement, said: Words) -> tuple[str, ...]:
    value, expanded = judged.stated
    return (
        judged.symbol,
        said(f"measurand.{method}.{judged.measurand}"),
        "—" if judged.value is None else repr(judged.value),
        judged.rounded or "—",
        f"{value} ± {expanded}" if value else "—",
        "—" if judged.uncertainty is None else f"{judged.uncertainty.k:.2f}",
        judged.unit,
        _limit(judged.limit),
        _verdict(judged, said),
    )


def _decision(judged: Judgement, said: Words) -> str:
    """Name the rule of a decision, what it risks and why it was refused, in one line."""
    decision = judged.decision
    assert decision is not None
    why = f"reason.{decision.why}"
    parts = (said.rule(decision.rule), said.risk(decision), said(why) if said.knows(why) else "")
    return f"{judged.symbol}: {' · '.join(part for part in parts if part)}"


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

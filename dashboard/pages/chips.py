"""Small parts that the pages about runs share: status chips, instants, durations, facts."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from testbed.domain.conformity import Outcome
from testbed.engine.ports import BenchState, Ending
from testbed.i18n import Words
from testbed.services.rows import RunRow

__all__ = [
    "Attributes",
    "attributes",
    "bench_chip",
    "card",
    "chip",
    "duration_text",
    "empty",
    "facts",
    "icon",
    "instant_text",
    "known",
    "outcome_chip",
    "review_chip",
    "run_chips",
    "slot",
]

SEOUL = ZoneInfo("Asia/Seoul")
_WEEKDAYS = {"ko": "월화수목금토일", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_OUTCOMES = {
    Outcome.PASS: ("good", "check"),
    Outcome.CONDITIONAL_PASS: ("warn", "check"),
    Outcome.CONDITIONAL_FAIL: ("warn", "cross"),
    Outcome.FAIL: ("bad", "cross"),
    Outcome.REFUSED: ("quiet", "alert"),
    Outcome.NOT_JUDGED: ("quiet", "dash"),
    Outcome.INVALID: ("warn", "alert"),
}
_ENDINGS = {
    Ending.COMPLETED: ("quiet", "check"),
    Ending.ABORTED: ("warn", "stop"),
    Ending.ERROR: ("bad", "alert"),
    Ending.INTERRUPTED: ("warn", "broken"),
}
_REVIEWS = {
    "waiting": ("info", "clock"),
    "accepted": ("good", "seal"),
    "sent_back": ("warn", "back"),
}
_STATES = {"queued": ("info", "clock"), "running": ("live", "play"), "paused": ("warn", "pause")}
_BENCHES = {
    BenchState.READY: ("good", "check"),
    BenchState.RUNNING: ("live", "play"),
    BenchState.UNSAFE: ("bad", "alert"),
    BenchState.CLEARED: ("warn", "clock"),
    BenchState.OFFLINE: ("quiet", "broken"),
}


Attributes = dict[str, Any]


def attributes(**named: str) -> Attributes:
    """Spell data and ARIA attributes, which have dashes, as keyword arguments of a component."""
    return {name.replace("_", "-"): value for name, value in named.items()}


def slot(part: str) -> Attributes:
    """Mark an element that the live script fills."""
    return attributes(data_live=part)


def icon(name: str) -> Component:
    """Draw an icon in the colour of the words beside it; it says nothing of its own."""
    return html.Span(className=f"tb-icon tb-icon-{name}", **attributes(aria_hidden="true"))


def chip(text: str, tone: str, mark: str) -> Component:
    """Say a state with colour, icon and words."""
    return html.Span([icon(mark), text], className=f"tb-chip tb-tone-{tone}")


def run_chips(row: RunRow, words: Words) -> list[Component]:
    """Say where a run stands: how far it is, or how it ended, its verdict and its review."""
    if row.state != "ended" or row.ending is None:
        tone, mark = _STATES.get(row.state, ("quiet", "dash"))
        return [chip(words(f"run-state.{row.state}"), tone, mark)]
    chips = []
    if row.ending is not Ending.COMPLETED:
        chips.append(chip(words(f"ending.{row.ending.value}"), *_ENDINGS[row.ending]))
    if row.outcome is not None and (row.ending is Ending.COMPLETED or row.outcome is Outcome.FAIL):
        chips.append(chip(words(f"outcome.{row.outcome.value}"), *_OUTCOMES[row.outcome]))
    return [*chips, *review_chip(row.review, words)]


def review_chip(review: str, words: Words) -> list[Component]:
    """Say where the review stands; nothing where there is none."""
    if review not in _REVIEWS:
        return []
    return [chip(words(f"review.{review}"), *_REVIEWS[review])]


def outcome_chip(outcome: Outcome, words: Words) -> Component:
    """Say a verdict."""
    return chip(words(f"outcome.{outcome.value}"), *_OUTCOMES[outcome])


def bench_chip(state: BenchState, words: Words) -> Component:
    """Say what a bench can do now."""
    return chip(words(f"bench-state.{state.value}"), *_BENCHES[state])


def instant_text(instant: datetime | None, locale: str, *, year: bool = False) -> str:
    """Write an instant as people in Seoul read it; "–" for none."""
    if instant is None:
        return "–"
    local = instant.astimezone(SEOUL)
    day = _WEEKDAYS["ko" if locale == "ko" else "en"][local.weekday()]
    if locale == "ko":
        head = f"{local.year}년 " if year else ""
        return f"{head}{local.month}월 {local.day}일 ({day}) {local:%H:%M}"
    tail = f" {local.year}" if year else ""
    return f"{day} {local.day} {_MONTHS[local.month - 1]}{tail}, {local:%H:%M}"


def duration_text(seconds: float | None) -> str:
    """Write a duration as h:mm:ss; "–" where unknown."""
    if seconds is None:
        return "–"
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def known(words: Words, code: str, fallback: str) -> str:
    """Put a code into words where the catalogue has it, else show `fallback`."""
    return words(code) if words.knows(code) else fallback


def card(
    title: str,
    children: Iterable[Component | str],
    *,
    action: Component | None = None,
    id: str | None = None,
) -> Component:
    """Frame a section with its heading."""
    head = html.Div([html.H2(title), *([action] if action else [])], className="tb-card-head")
    named: Attributes = {"id": id} if id else {}
    return html.Section([head, *children], className="tb-card", **named)


def empty(text: str, hint: str, *, href: str = "", action: str = "") -> Component:
    """Say that there is nothing, and what to do about it."""
    link = [dcc.Link(action, href=href, className="tb-button")] if href else []
    return html.Div(
        [html.P(text, className="tb-empty-text"), html.P(hint, className="tb-quiet"), *link],
        className="tb-empty",
    )


def facts(pairs: Sequence[tuple[str, Component | str]]) -> Component:
    """List names and values."""
    rows = [html.Div([html.Dt(name), html.Dd(value)]) for name, value in pairs]
    return html.Dl(rows, className="tb-facts")

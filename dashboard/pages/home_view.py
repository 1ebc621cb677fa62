"""The first page: what is going on now, what comes next for me, what waits for me."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.pages.chips import (
    Attributes,
    attributes,
    bench_chip,
    card,
    chip,
    empty,
    instant_text,
    known,
    run_chips,
    slot,
)
from dashboard.pages.live_words import live_units, live_words
from testbed.domain.people import Actor, Role
from testbed.engine.ports import BenchState
from testbed.i18n import Words
from testbed.services.rows import BenchRow, BookingRow, LiveRow, RunRow

__all__ = ["HomeRows", "home_view", "now_section"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeRows:
    """All that the first page shows.

    Attributes
    ----------
    waiting
        Runs that wait for a reviewer's decision; empty for others.
    """

    actor: Actor
    benches: tuple[BenchRow, ...]
    live: tuple[LiveRow, ...]
    bookings: tuple[BookingRow, ...]
    waiting: tuple[RunRow, ...]
    recent: tuple[RunRow, ...]
    equipment_names: Mapping[str, str]


def home_view(rows: HomeRows, words: Words) -> list[Component]:
    """Lay the page out for the person: reviewers see first what waits for them."""
    now = html.Div(now_section(rows, words), id="home-now")
    bookings = _bookings(rows, words)
    recent = _recent(rows, words)
    if rows.actor.has(Role.REVIEWER):
        left, right = [_waiting(rows, words), recent], [bookings]
    else:
        left, right = [bookings], [recent]
    columns = html.Div([html.Div(left), html.Div(right)], className="tb-columns")
    return [now, columns]


def now_section(rows: HomeRows, words: Words) -> Component:
    """Show every bench with what it does at this moment."""
    live = {row.row.number: row for row in rows.live}
    cards = [_bench(bench, live.get(bench.run), words) for bench in rows.benches]
    shown = {bench.run for bench in rows.benches}
    cards += [_running(row, words) for row in rows.live if row.row.number not in shown]
    if not cards:
        return card(
            words("Now"),
            [_nothing_now(rows.actor, words)],
        )
    return card(words("Now"), [html.Div(cards, className="tb-benches")])


def _nothing_now(actor: Actor, words: Words) -> Component:
    if actor.is_staff:
        hint = words("Benches appear here as soon as the centre has one.")
        return empty(words("No bench is set up yet."), hint)
    return empty(
        words("None of your tests is running now."),
        words("While one runs, you can follow its curve here."),
        href="/calendar",
        action=words("Book equipment"),
    )


def _bench(bench: BenchRow, live: LiveRow | None, words: Words) -> Component:
    title = bench.title.in_locale(words.locale)
    if live is not None:
        return _running(live, words, title=title, bench=bench)
    detail = known(words, f"bench-detail.{bench.detail}", bench.detail)
    said: list[Component] = [html.P(detail)]
    if bench.state is BenchState.READY:
        said = [html.P(words("Free for the next run."), className="tb-quiet")]
    elif bench.state is BenchState.RUNNING:
        said = [html.P(words("In use."), className="tb-quiet")]
    elif bench.state is BenchState.OFFLINE:
        said = [html.P(words("No sign of life from its worker."), className="tb-quiet")]
    elif not bench.detail:
        said = [html.P(words("Refuses work until somebody has cleared it."))]
    if bench.state.refuses:
        said.append(dcc.Link(words("Look at the bench"), href=f"/benches/{bench.name}",
                             className="tb-more"))  # fmt: skip
    return html.Article([_head(title, bench_chip(bench.state, words)), *said], className="tb-bench")


def _head(title: str, state: Component) -> Component:
    return html.Div([html.H3(title), state], className="tb-bench-head")


def _running(
    live: LiveRow, words: Words, *, title: str = "", bench: BenchRow | None = None
) -> Component:
    row = live.row
    state = bench_chip(bench.state, words) if bench else run_chips(row, words)[0]
    prompt = [chip(words("Waits for an answer"), "warn", "alert")] if live.prompt else []
    return html.Article(
        [
            _head(title or row.bench, state),
            html.P(
                [
                    dcc.Link(row.number, href=f"/live/{row.number}", className="tb-strong"),
                    " ",
                    known(words, f"method.{row.method}", row.method),
                ]
            ),
            *prompt,
            *([html.Div(className="tb-spark", **slot("spark"))] if live.channels else []),
            html.Div(
                [
                    html.Span(**slot("phase")),
                    html.Span(
                        [
                            html.Span(words("left") + " ", className="tb-quiet"),
                            html.Span(**slot("remaining")),
                        ]
                    ),
                ],
                className="tb-between",
            ),
            progress_bar(words),
            html.Span(className="tb-live-state", role="status", **slot("state")),
        ],
        className="tb-bench",
        **live_data(live, words),
    )


def progress_bar(words: Words) -> Component:
    """Draw a bar that the live socket fills."""
    return html.Div(
        html.Div(),
        className="tb-bar",
        role="progressbar",
        **slot("bar"),
        **attributes(aria_label=words("Progress"), aria_valuemin="0", aria_valuemax="100"),
    )


def live_data(live: LiveRow, words: Words) -> Attributes:
    """Tell the browser which run to follow, and in which words."""
    return attributes(
        data_live_run=live.row.number,
        data_live_words=json.dumps(live_words(live, words), ensure_ascii=False),
        data_live_units=json.dumps(live_units(live), ensure_ascii=False),
        data_live_plots=json.dumps(live.plots),
    )


def _bookings(rows: HomeRows, words: Words) -> Component:
    more = dcc.Link(words("All bookings"), href="/bookings", className="tb-more")
    if not rows.bookings:
        nothing = empty(
            words("You have no booking ahead."),
            words("Drag over free time in the calendar, or fill in the form beside it."),
            href="/calendar",
            action=words("Book equipment"),
        )
        return card(words("My next bookings"), [nothing])
    items = [_booking(booking, rows.equipment_names, words) for booking in rows.bookings]
    return card(words("My next bookings"), [html.Ul(items, className="tb-list")], action=more)


def _booking(booking: BookingRow, names: Mapping[str, str], words: Words) -> Component:
    equipment = ", ".join(names.get(code, code) for code in booking.equipment)
    when = instant_text(booking.start, words.locale)
    method = known(words, f"method.{booking.method}", booking.method)
    says = method or booking.purpose
    tone = {"requested": ("info", "clock"), "approved": ("good", "check")}
    state = known(words, f"booking-state.{booking.state}", booking.state)
    return html.Li(
        [
            html.Div(
                [
                    dcc.Link(when, href=f"/bookings/{booking.number}", className="tb-strong"),
                    chip(state, *tone.get(booking.state, ("quiet", "dash"))),
                ],
                className="tb-between",
            ),
            html.Div([equipment, html.Span(f" · {says}" if says else "", className="tb-quiet")]),
        ]
    )


def _waiting(rows: HomeRows, words: Words) -> Component:
    title = words("Waiting for review")
    if not rows.waiting:
        hint = words("Completed runs of requested tests come here by themselves.")
        return card(title, [empty(words("Nothing waits for you."), hint)])
    more = dcc.Link(words("All that wait"), href="/runs?waiting=1", className="tb-more")
    return card(title, [run_list(rows.waiting, words)], action=more)


def _recent(rows: HomeRows, words: Words) -> Component:
    title = words("Recent runs")
    if not rows.recent:
        hint = words("A run begins from a booking, at the time that was booked.")
        return card(
            title,
            [
                empty(
                    words("No run yet."),
                    hint,
                    href="/calendar",
                    action=words("Go to the calendar"),
                )
            ],
        )
    more = dcc.Link(words("All runs"), href="/runs", className="tb-more")
    return card(title, [run_list(rows.recent, words)], action=more)


def run_list(rows: Sequence[RunRow], words: Words) -> Component:
    """List runs with where they stand."""
    return html.Ul([_run(row, words) for row in rows], className="tb-list")


def _run(row: RunRow, words: Words) -> Component:
    page = "runs" if row.state == "ended" else "live"
    specimen = row.specimen_name or row.specimen
    about = [known(words, f"method.{row.method}", row.method), specimen]
    return html.Li(
        [
            html.Div(
                [
                    dcc.Link(row.number, href=f"/{page}/{row.number}", className="tb-strong"),
                    html.Span(run_chips(row, words), className="tb-chips"),
                ],
                className="tb-between",
            ),
            html.Div(
                [
                    " · ".join(part for part in about if part),
                    html.Span(
                        f" · {instant_text(row.started, words.locale)}", className="tb-quiet"
                    ),
                ]
            ),
        ]
    )

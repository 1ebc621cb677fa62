"""The live page: the curve as it grows, where the run stands, and what people may tell it."""

import json
from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.pages.chips import (
    attributes,
    card,
    empty,
    facts,
    instant_text,
    known,
    run_chips,
    slot,
)
from dashboard.pages.home_view import live_data, progress_bar
from dashboard.pages.live_prompt import prompt_panel, suspension_panel
from testbed.i18n import Words
from testbed.services.rows import LiveRow

__all__ = ["Guide", "ended_view", "gone_view", "live_view"]

# A level on a channel that the browser draws: channel, value, words.
Guide = tuple[str, float, str]


def live_view(live: LiveRow, guides: Sequence[Guide], words: Words) -> list[Component]:
    """Lay the page out; everything that moves is filled by the live script."""
    drawn = [{"channel": name, "value": value, "text": text} for name, value, text in guides]
    return [
        dcc.Store(id="live-signal"),
        dcc.Store(id="live-run", data=live.row.number),
        dcc.Interval(id="live-pulse", interval=5000),
        html.Div(
            [
                _head(live, words),
                html.Div(suspension_panel(live, words), id="live-suspension", role="status"),
                html.Div(
                    prompt_panel(live, words), id="live-prompt", **attributes(aria_live="polite")
                ),
                html.Div(id="live-message", role="status"),
                _stand(live, words),
                *(_curve(words) if live.channels else [_closed(words)]),
                _about(live, words),
            ],
            className="tb-live",
            **live_data(live, words),
            **attributes(
                data_live_guides=json.dumps(drawn, ensure_ascii=False),
                data_live_signal="live-signal",
                data_paused=str(live.paused).lower(),
                data_stopping=str(live.stopping).lower(),
            ),
        ),
        *([_stop_question(words), _abort_question(words)] if live.may_control else []),
    ]


def gone_view(number: str, words: Words) -> Component:
    """Say that a run is not live."""
    return empty(
        words("{run} is not running now.", run=number),
        words("Runs that have ended are in the list of runs."),
        href="/runs",
        action=words("All runs"),
    )


def ended_view(number: str, words: Words) -> Component:
    """Point to the record of a run that has just ended."""
    return html.Div(
        [
            html.Strong(words("The run has ended.")),
            dcc.Link(words("Open the record"), href=f"/runs/{number}", className="tb-button"),
        ],
        className="tb-notice",
        id="live-ended",
    )


def _head(live: LiveRow, words: Words) -> Component:
    title = known(words, f"method.{live.row.method}", live.row.method)
    words_of = [live.row.number, live.row.specimen_name or live.row.specimen]
    return html.Div(
        [
            html.Div(
                [
                    html.H1(title),
                    html.P(" · ".join(part for part in words_of if part), className="tb-quiet"),
                ]
            ),
            html.Div(
                [
                    html.Span(className="tb-live-state", role="status", **slot("state")),
                    html.Span(
                        words("Stops after this phase"),
                        className="tb-chip tb-tone-warn tb-when-stopping",
                    ),
                    *(_controls(words) if live.may_control else []),
                ],
                className="tb-controls",
            ),
        ],
        className="tb-page-head",
    )


def _controls(words: Words) -> list[Component]:
    return [
        dmc.Button(words("Pause"), id="live-pause", className="tb-when-running", variant="default"),
        dmc.Button(words("Continue"), id="live-resume", className="tb-when-paused"),
        dmc.Button(
            words("Stop after this phase…"),
            id="live-stop",
            className="tb-when-going-on",
            variant="default",
        ),
        dmc.Button(words("Abort…"), id="live-abort", color="red", variant="outline"),
    ]


def _stop_question(words: Words) -> Component:
    return _asked(
        "live-stop",
        words("Stop after this phase?"),
        words(
            "The phase is carried out to its end, then every output is switched off. "
            "A run without all of its phases gets no verdict."
        ),
        words("Stop after this phase"),
        words,
    )


def _abort_question(words: Words) -> Component:
    return _asked(
        "live-abort",
        words("Abort this run?"),
        words("Every output is switched off at once. The record so far is kept."),
        words("Abort the run"),
        words,
    )


def _asked(name: str, title: str, text: str, yes: str, words: Words) -> Component:
    question: Component = dmc.Modal(
        [
            html.P(text),
            html.Div(
                [
                    dmc.Button(words("Go on testing"), id=f"{name}-no", variant="default"),
                    dmc.Button(yes, id=f"{name}-yes", color="red"),
                ],
                className="tb-controls",
            ),
        ],
        id=f"{name}-question",
        title=title,
        closeButtonProps={"aria-label": words("Close")},
        opened=False,
    )
    return question


def _stand(live: LiveRow, words: Words) -> Component:
    method = live.row.method
    steps = [
        html.Li(known(words, f"phase.{method}.{name}", name), **attributes(data_phase=name))
        for name in live.phases
    ]
    return html.Section(
        [
            html.Ol(steps, className="tb-steps"),
            progress_bar(words),
            html.Div(
                [
                    html.Span(className="tb-strong", **slot("progress")),
                    html.Span(
                        [
                            html.Span(words("Time left") + " ", className="tb-quiet"),
                            html.Span(className="tb-strong", **slot("remaining")),
                        ]
                    ),
                ],
                className="tb-between",
            ),
        ],
        className="tb-card",
    )


def _closed(words: Words) -> Component:
    text = words("Curve, values and file are here as soon as the review has accepted the run.")
    return html.P(text, className="tb-quiet")


def _curve(words: Words) -> list[Component]:
    plot = html.Section(
        [
            html.Div(
                [
                    html.Div(
                        className="tb-choice",
                        role="group",
                        **attributes(aria_label=words("Axes")),
                        **slot("axes"),
                    ),
                    html.Div(
                        className="tb-choice",
                        role="group",
                        **attributes(aria_label=words("Time span")),
                        **slot("span"),
                    ),
                ],
                className="tb-between",
            ),
            html.Div(className="tb-live-plot", **slot("plot")),
        ],
        className="tb-card",
    )
    return [plot, card(words("Now"), [html.Dl(className="tb-values", **slot("values"))])]


def _about(live: LiveRow, words: Words) -> Component:
    row = live.row
    return card(
        words("About this run"),
        [
            facts(
                [
                    (words("Bench"), row.bench),
                    (words("Booking"), dcc.Link(row.booking, href=f"/bookings/{row.booking}")),
                    (words("Organisation"), row.organisation.in_locale(words.locale)),
                    (words("Performed by"), row.performer.in_locale(words.locale)),
                    (words("Started"), instant_text(row.started, words.locale)),
                    (words("State"), html.Span(run_chips(row, words))),
                ]
            )
        ],
    )

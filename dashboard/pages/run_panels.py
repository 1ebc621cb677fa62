"""Parts of a run's page: verdict table, findings, decision, comments, timeline."""

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.figures import unit_text
from dashboard.pages.chips import (
    attributes,
    card,
    chip,
    icon,
    instant_text,
    known,
    outcome_chip,
    review_chip,
)
from testbed.domain.conformity import Limit
from testbed.domain.judgement import Judgement
from testbed.domain.review import ReviewState
from testbed.i18n import Words
from testbed.services.rows import AuditRow, CommentRow, RunDetail

__all__ = [
    "closed_text",
    "comments_card",
    "decision_card",
    "findings_card",
    "limit_text",
    "message",
    "timeline_card",
    "verdict_card",
]


def verdict_card(detail: RunDetail, words: Words) -> Component:
    """Show every measurand: unrounded beside rounded, its limit and its verdict."""
    title = words("Result")
    if not detail.judgements:
        text = words("There is no evaluation.") if detail.channels else closed_text(words)
        return card(title, [html.P(text, className="tb-quiet")])
    heads = ["Measurand", "Rounded", "Unrounded", "Unit", "Limit", "Verdict"]
    head = html.Thead(html.Tr([html.Th(words(text)) for text in heads]))
    body = html.Tbody([_judgement(row, detail, words) for row in detail.judgements])
    notes = []
    if not detail.row.reportable:
        text = words(
            "Provisional, not reportable: no value carries a measurement uncertainty yet, "
            "so that no decision rule can take account of it."
        )
        notes = [html.P([icon("alert"), text], className="tb-notice", id="run-provisional")]
    return card(title, [*notes, html.Table([head, body], className="tb-table tb-cards-on-phone")])


def closed_text(words: Words) -> str:
    """Say to a firm why it does not see the values yet."""
    return words("Curve, values and file are here as soon as the review has accepted the run.")


def limit_text(limit: Limit | None, unit: str) -> str:
    """Write a limit: "≥ 490", "≤ 5", "2.75 … 4.2"."""
    if limit is None:
        return "–"
    shown = unit_text(unit)
    if limit.low is not None and limit.high is not None:
        text = f"{limit.low:g} … {limit.high:g}"
    elif limit.low is not None:
        text = f"≥ {limit.low:g}"
    else:
        text = f"≤ {limit.high:g}"
    return f"{text} {shown}".strip()


def _judgement(row: Judgement, detail: RunDetail, words: Words) -> Component:
    name = known(words, f"measurand.{detail.row.method}.{row.measurand}", row.measurand)
    symbol: list[Component | str] = [
        html.Strong(row.symbol),
        html.Br(),
        html.Span(name, className="tb-quiet"),
    ]
    limit: list[Component | str] = [limit_text(row.limit, row.unit)]
    if row.limit is not None and row.limit.source:
        limit += [html.Br(), html.Span(row.limit.source, className="tb-quiet")]
    if row.value is None:
        code = row.reason if row.reason.startswith("reason.") else f"reason.{row.reason}"
        rounded: Component | str = html.Span(
            known(words, code, row.reason or "–"), className="tb-quiet"
        )
        unrounded = "–"
    else:
        unit = html.Span(f" {unit_text(row.unit)}", className="tb-only-on-phone tb-quiet")
        rounded, unrounded = html.Span([html.Strong(row.rounded), unit]), f"{row.value:.9g}"
    cells: list[tuple[str, str | Component | list[Component | str], str]] = [
        ("Measurand", symbol, "tb-lead"),
        ("Rounded", rounded, "tb-number"),
        ("Unrounded", unrounded, "tb-number"),
        ("Unit", unit_text(row.unit), "tb-not-on-phone"),
        ("Limit", limit, "" if row.limit else "tb-not-on-phone"),
        ("Verdict", outcome_chip(row.outcome, words), "tb-verdict"),
    ]
    return html.Tr(
        [
            html.Td(value, className=kind, **attributes(data_label=words(head)))
            for head, value, kind in cells
        ],
        title=row.clause,
    )


def findings_card(detail: RunDetail, words: Words) -> list[Component]:
    """Put into words what the evaluation noticed."""
    if not detail.findings:
        return []
    items = [
        html.Li(
            [
                icon("alert" if finding.invalidates else "info"),
                html.Span(words(f"finding.{finding.code}", **finding.values)),
            ],
            className="tb-finding tb-tone-bad" if finding.invalidates else "tb-finding",
        )
        for finding in detail.findings
    ]
    return [card(words("What the evaluation noticed"), [html.Ul(items, className="tb-list")])]


def decision_card(detail: RunDetail, words: Words) -> list[Component]:
    """Let the reviewer decide; who performed the run never sees it."""
    if not detail.may_review:
        return []
    if detail.row.review != ReviewState.WAITING:
        return []
    return [
        card(
            words("Your decision"),
            [
                dmc.Textarea(
                    id={"type": "run-text", "box": "decision"},
                    label=words("Reason or remark"),
                    description=words("Sending back needs a reason."),
                    autosize=True,
                    minRows=2,
                ),
                html.Div(
                    [
                        dmc.Button(
                            words("Accept"),
                            id={"type": "run-decide", "decision": "accept"},
                            color="green",
                        ),
                        dmc.Button(
                            words("Send back"),
                            id={"type": "run-decide", "decision": "send_back"},
                            variant="outline",
                            color="orange",
                        ),
                    ],
                    className="tb-controls",
                ),
            ],
            id="run-decision",
        )
    ]


def comments_card(detail: RunDetail, words: Words) -> Component:
    """Show what people said of the run, and let those who may say more."""
    said = [_comment(comment, words) for comment in detail.comments]
    thread: list[Component] = [html.Ul(said, className="tb-list", id="run-comments")]
    if not said:
        thread = [html.P(words("Nobody has said anything yet."), className="tb-quiet")]
    if not detail.may_comment:
        return card(words("Comments"), thread)
    form = [
        dmc.Textarea(
            id={"type": "run-text", "box": "comment"},
            label=words("Comment"),
            autosize=True,
            minRows=2,
        ),
        html.Div(
            dmc.Button(
                words("Add comment"),
                id={"type": "run-decide", "decision": "comment"},
                variant="default",
            ),
            className="tb-controls",
        ),
    ]
    return card(words("Comments"), [*thread, *form])


def _comment(comment: CommentRow, words: Words) -> Component:
    state = {"accept": "accepted", "send_back": "sent_back"}.get(comment.decision, "")
    return html.Li(
        [
            html.Div(
                [
                    html.Span(
                        [
                            html.Strong(comment.person.in_locale(words.locale)),
                            html.Span(
                                f" · {instant_text(comment.at, words.locale)}", className="tb-quiet"
                            ),
                        ]
                    ),
                    *review_chip(state, words),
                ],
                className="tb-between",
            ),
            html.P(comment.text, className="tb-said"),
        ]
    )


def timeline_card(detail: RunDetail, words: Words) -> Component:
    """Show every transition on record, oldest first."""
    items = [
        html.Li(
            [
                html.Span(instant_text(row.at, words.locale, year=True), className="tb-quiet"),
                html.Strong(known(words, f"transition.{row.transition}", row.transition)),
                html.Span(row.person.in_locale(words.locale) or words("Testbed")),
                html.Span(_detail(row, words), className="tb-quiet"),
            ]
        )
        for row in detail.audit
    ]
    if not items:
        nothing = html.P(words("Nothing is on record yet."), className="tb-quiet")
        return card(words("Timeline"), [nothing])
    return card(words("Timeline"), [html.Ol(items, className="tb-timeline")])


def _detail(row: AuditRow, words: Words) -> str:
    """Put what a transition was about into words; an end names its ending and its verdict."""
    if row.transition != "end":
        return known(words, row.detail, row.detail)
    ending, _, outcome = row.detail.partition(" ")
    parts = [known(words, f"ending.{ending}", ending), known(words, f"outcome.{outcome}", outcome)]
    return " · ".join(part for part in parts if part)


def message(lines: list[str], *, good: bool) -> Component:
    """Answer a command in words."""
    tone, mark = ("good", "check") if good else ("bad", "alert")
    return html.Div(
        [chip(line, tone, mark) for line in lines],
        className="tb-message",
        role="status" if good else "alert",
    )

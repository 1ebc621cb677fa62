"""Parts of a run's page: findings, decision, comments, timeline."""

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.pages.chips import card, chip, icon, instant_text, known, review_chip
from testbed.domain.review import ReviewState
from testbed.i18n import Words
from testbed.services.rows import AuditRow, CommentRow, RunDetail

__all__ = [
    "closed_text",
    "comments_card",
    "decision_card",
    "findings_card",
    "message",
    "timeline_card",
]


def closed_text(words: Words) -> str:
    """Say to a firm why it does not see the values yet."""
    return words("Curve, values and file are here as soon as the review has accepted the run.")


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

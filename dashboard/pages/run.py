"""Run: the curve and what is laid over it, comments and decisions."""

import asyncio
import json
from collections.abc import Sequence
from urllib.parse import urlencode

from dash import ALL, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component

from dashboard.pages.chips import empty
from dashboard.pages.host import Host
from dashboard.pages.run_panels import message
from dashboard.pages.run_view import run_head, run_side, run_view
from testbed.domain.objections import Refused
from testbed.services.looking import MOST_OVERLAID

__all__ = ["layout", "register", "repeats"]

_DONE = {
    "accept": "Accepted. The firm sees the result from now on.",
    "send_back": "Sent back. The run stays on record.",
    "comment": "Comment added.",
}
_OFFERED = 50


async def layout(host: Host, number: str, curve: str = "") -> Component:
    """Build the page of a run; what may not be seen is not there.

    Parameters
    ----------
    curve
        Which curve is shown first, as "stream/channel"; "/force" is of the main stream.
    """
    actor, words = host.actor(), host.words()
    detail = await asyncio.to_thread(host.testbed.queries.run, actor, number)
    if detail is None:
        return empty(
            words("There is no such run."),
            words("It may have been typed wrongly. The list shows every run that you may see."),
            href="/runs",
            action=words("All runs"),
        )
    offers = await asyncio.to_thread(host.testbed.looking.offers, actor, number)
    return html.Div(run_view(detail, offers, words, shown=curve))


def repeats(
    host: Host, number: str, search: str, chosen: Sequence[dict[str, str]] = ()
) -> list[dict[str, str]]:
    """Offer ended runs of the same method, those that are chosen already first."""
    actor = host.actor()
    detail = host.testbed.queries.run(actor, number)
    if detail is None:
        return []
    text = search.replace("·", " ").strip()[:200]
    rows = host.testbed.queries.runs(actor, search=text, size=_OFFERED).rows
    known = {each["value"] for each in chosen} | {number}
    found = [
        {"value": row.number, "label": " · ".join(p for p in (row.number, row.specimen_name) if p)}
        for row in rows
        if row.number not in known and row.method == detail.row.method and row.state == "ended"
    ]
    return [*chosen, *found]


def _decide(host: Host, decision: str, number: str, text: str) -> tuple[Component, bool]:
    review, actor, words = host.testbed.review, host.actor(), host.words()
    if decision == "comment" and not text:
        return message([words("Write the comment first.")], good=False), False
    act = {"accept": review.accept, "send_back": review.send_back, "comment": review.comment}
    answer = act[decision](actor, number, text)
    if isinstance(answer, Refused):
        objections = [words.objection(each) for each in answer.objections]
        return message(objections, good=False), False
    return message([words(_DONE[decision])], good=True), True


def register(host: Host) -> None:
    """Wire the page."""

    @host.callback(
        Output("run-figure", "data-over"),
        Output("run-compare", "href"),
        Input("run-overlay", "value"),
        State("run-overlay", "data"),
        State("run-number", "data"),
    )
    def lay_over(
        chosen: list[str] | None, offered: list[dict[str, str]] | None, number: str
    ) -> tuple[str, str]:
        labels = {each["value"]: each["label"] for each in offered or []}
        over = list(chosen or [])[: MOST_OVERLAID - 1]
        data = [{"number": each, "label": labels.get(each, each)} for each in over]
        query = urlencode({"runs": ",".join((number, *over))}, safe=",")
        return json.dumps(data, ensure_ascii=False), f"/runs/compare?{query}"

    @host.callback(
        Output("run-overlay", "data"),
        Input("run-overlay", "searchValue"),
        State("run-overlay", "value"),
        State("run-overlay", "data"),
        State("run-number", "data"),
    )
    def offer(
        search: str | None,
        chosen: list[str] | None,
        offered: list[dict[str, str]] | None,
        number: str,
    ) -> list[dict[str, str]]:
        kept = [each for each in offered or [] if each["value"] in (chosen or [])]
        return repeats(host, number, search or "", kept)

    @host.callback(
        Output("run-message", "children"),
        Output("run-head", "children"),
        Output("run-side", "children"),
        Input({"type": "run-decide", "decision": ALL}, "n_clicks"),
        State({"type": "run-text", "box": ALL}, "value"),
        State({"type": "run-text", "box": ALL}, "id"),
        State("run-number", "data"),
        prevent_initial_call=True,
    )
    def decide(
        clicks: list[int | None],
        texts: list[str | None],
        boxes: list[dict[str, str]],
        number: str,
    ) -> tuple[object, ...]:
        pressed = ctx.triggered_id
        if not any(clicks) or not isinstance(pressed, dict) or pressed["decision"] not in _DONE:
            return no_update, no_update, no_update
        wanted = "comment" if pressed["decision"] == "comment" else "decision"
        typed = {box["box"]: text or "" for box, text in zip(boxes, texts, strict=True)}
        said, done = _decide(host, pressed["decision"], number, typed.get(wanted, "").strip())
        detail = host.testbed.queries.run(host.actor(), number)
        if detail is None or not done:
            return said, no_update, no_update
        words = host.words()
        return said, run_head(detail, words), run_side(detail, words)

"""Run: draws the curve, refetches what a zoom shows, takes comments and decisions."""

import asyncio
import math
from collections.abc import Mapping

from dash import ALL, Input, Output, Patch, State, ctx, html, no_update
from dash.development.base_component import Component

from dashboard.figures import Curve, curve_figure, trace_patch
from dashboard.pages.chips import empty
from dashboard.pages.host import Host
from dashboard.pages.run_panels import message
from dashboard.pages.run_view import run_head, run_side, run_view
from testbed.domain.objections import Refused
from testbed.i18n import Words
from testbed.services.rows import RunDetail, Trace

__all__ = ["layout", "register", "zoom_window"]

_DONE = {
    "accept": "Accepted. The firm sees the result from now on.",
    "send_back": "Sent back. The run stays on record.",
    "comment": "Comment added.",
}
_OFFERED = 50


async def layout(host: Host, number: str) -> Component:
    """Build the page of a run; what may not be seen is not there."""
    detail = await asyncio.to_thread(host.testbed.queries.run, host.actor(), number)
    words = host.words()
    if detail is None:
        return empty(
            words("There is no such run."),
            words("It may have been typed wrongly. The list shows every run that you may see."),
            href="/runs",
            action=words("All runs"),
        )
    return html.Div(run_view(detail, words))


def zoom_window(relayout: Mapping[str, object] | None) -> tuple[float | None, float | None] | None:
    """Read the window [x_from, x_to] from plotly's event; None where the window did not change."""
    change = relayout or {}
    if change.get("xaxis.autorange") or change.get("autosize"):
        return (None, None) if change.get("xaxis.autorange") else None
    ends = change.get("xaxis.range")
    if not isinstance(ends, list):
        ends = [change.get("xaxis.range[0]"), change.get("xaxis.range[1]")]
    numbers = [float(end) for end in ends if isinstance(end, int | float)]
    if len(numbers) != 2:
        return None
    low, high = sorted(numbers)
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None


def _axes(detail: RunDetail, plot: str | None) -> tuple[str, str]:
    index = int(plot) if plot and plot.isdecimal() else 0
    return detail.plots[index] if index < len(detail.plots) else detail.plots[0]


def _pixels(screen: Mapping[str, object] | None) -> int:
    width = (screen or {}).get("width")
    return min(max(width, 200), 4000) if isinstance(width, int) else 1000


class _Reader:
    """Reads windows of the runs on one page."""

    def __init__(self, host: Host, axes: tuple[str, str], pixels: int) -> None:
        self._host = host
        self._axes = axes
        self._pixels = pixels

    def window(self, run: str, low: float | None = None, high: float | None = None) -> Trace | None:
        return self._host.testbed.records.trace(
            self._host.actor(), run, *self._axes, low, high, self._pixels
        )


def _exact(trace: Trace, words: Words) -> str:
    if trace.exact:
        return words("Every sample of this window is drawn ({count}).", count=len(trace.x))
    return words("Thinned to the pixels; lowest and highest samples are kept.")


def _draw(
    host: Host, number: str, plot: str | None, overlay: str | None, screen: Mapping[str, object]
) -> tuple[object, object]:
    actor, words = host.actor(), host.words()
    detail = host.testbed.queries.run(actor, number)
    if detail is None or not detail.plots:
        return no_update, no_update
    axes = _axes(detail, plot)
    reader = _Reader(host, axes, _pixels(screen))
    trace = reader.window(number)
    if trace is None:
        return no_update, words("The record cannot be read.")
    beside = reader.window(overlay) if overlay else None
    curve = Curve(
        x=axes[0],
        y=axes[1],
        units=detail.channels,
        name=number,
        trace=trace,
        overlay_name=overlay if overlay and beside is not None else "",
        overlay=beside,
        constructions=detail.constructions if axes == detail.plots[0] else (),
        narrow=_pixels(screen) < 560,
    )
    figure = curve_figure(curve, words, str(screen.get("scheme")))
    return figure, _exact(trace, words)


def _zoom(
    host: Host,
    relayout: Mapping[str, object] | None,
    number: str,
    plot: str | None,
    overlay: str | None,
    screen: Mapping[str, object] | None,
) -> tuple[object, object]:
    ends = zoom_window(relayout)
    detail = host.testbed.queries.run(host.actor(), number) if ends else None
    if ends is None or detail is None or not detail.plots:
        return no_update, no_update
    reader = _Reader(host, _axes(detail, plot), _pixels(screen))
    trace = reader.window(number, *ends)
    if trace is None:
        return no_update, no_update
    patch = Patch()
    patch["data"][0]["x"], patch["data"][0]["y"] = trace_patch(trace)
    beside = reader.window(overlay, *ends) if overlay else None
    if beside is not None:
        patch["data"][1]["x"], patch["data"][1]["y"] = trace_patch(beside)
    return patch, _exact(trace, host.words())


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
        Output("run-figure", "figure"),
        Output("run-exact", "children"),
        Input("run-plot", "value"),
        Input("run-overlay", "value"),
        Input("run-screen", "data"),
        State("run-number", "data"),
    )
    def draw(
        plot: str | None, overlay: str | None, screen: dict[str, object] | None, number: str
    ) -> tuple[object, object]:
        if not screen:
            # The browser has not yet told how wide the curve is, and in which scheme.
            return no_update, no_update
        return _draw(host, number, plot, overlay, screen)

    @host.callback(
        Output("run-figure", "figure", allow_duplicate=True),
        Output("run-exact", "children", allow_duplicate=True),
        Input("run-figure", "relayoutData"),
        State("run-number", "data"),
        State("run-plot", "value"),
        State("run-overlay", "value"),
        State("run-screen", "data"),
        prevent_initial_call=True,
    )
    def zoom(
        relayout: dict[str, object] | None,
        number: str,
        plot: str | None,
        overlay: str | None,
        screen: dict[str, object] | None,
    ) -> tuple[object, object]:
        return _zoom(host, relayout, number, plot, overlay, screen)

    @host.callback(
        Output("run-overlay", "data"),
        Input("run-overlay", "searchValue"),
        State("run-overlay", "value"),
        State("run-number", "data"),
    )
    def offer(search: str | None, chosen: str | None, number: str) -> list[dict[str, str]]:
        actor = host.actor()
        detail = host.testbed.queries.run(actor, number)
        if detail is None:
            return []
        # A choice puts its own label into the search box, which has to find the choice again.
        text = "" if chosen and (search or "").startswith(chosen) else (search or "")
        text = text.replace("·", " ")
        rows = host.testbed.queries.runs(actor, search=text.strip()[:200], size=_OFFERED).rows
        return [
            {
                "value": row.number,
                "label": " · ".join(p for p in (row.number, row.specimen_name) if p),
            }
            for row in rows
            if row.number != number and row.method == detail.row.method and row.state == "ended"
        ]

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

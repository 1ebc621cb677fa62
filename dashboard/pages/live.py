"""Live: what people tell a running run, and what becomes of the page when it ends."""

import asyncio
from typing import Any

from dash import ALL, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component

from dashboard.pages.host import Host
from dashboard.pages.live_prompt import prompt_panel, suspension_panel
from dashboard.pages.live_view import Guide, ended_view, gone_view, live_view
from dashboard.pages.run_panels import message
from testbed.domain.objections import Refused
from testbed.i18n import Words
from testbed.services.commands import Done

__all__ = ["layout", "register"]


async def layout(host: Host, run: str) -> Component:
    """Build the live page of a run."""
    return html.Div(await asyncio.to_thread(_content, host, run))


def _content(host: Host, run: str) -> list[Component]:
    actor, words = host.actor(), host.words()
    live = host.testbed.queries.live_one(actor, run)
    if live is not None:
        return live_view(live, _guides(host, run), words)
    if host.testbed.queries.run(actor, run) is not None:
        return [ended_view(run, words)]
    return [gone_view(run, words)]


def _guides(host: Host, run: str) -> list[Guide]:
    """Find the levels to draw over the channels of a run."""
    detail = host.testbed.queries.run(host.actor(), run)
    if detail is None or not detail.channels:
        return []
    procedure = host.testbed.methods().get(detail.row.method)
    if procedure is None:
        return []
    words = host.words()
    return [
        (guide.channel, guide.value, words(f"guide.{guide.code}"))
        for guide in procedure.guides(detail.parameters)
    ]


def _said(answer: Done | Refused, words: Words, done: str) -> Component:
    if isinstance(answer, Refused):
        return message([words.objection(each) for each in answer.objections], good=False)
    return message([words(done)], good=True)


def register(host: Host) -> None:
    """Wire the page."""

    @host.callback(
        Output("live-message", "children"),
        Input("live-pause", "n_clicks"),
        Input("live-resume", "n_clicks"),
        Input("live-stop-yes", "n_clicks"),
        Input("live-abort-yes", "n_clicks"),
        State("live-run", "data"),
        prevent_initial_call=True,
    )
    def command(
        pause: int | None, resume: int | None, stop: int | None, abort: int | None, run: str
    ) -> Component | Any:  # noqa: ANN401
        actor, words, execution = host.actor(), host.words(), host.testbed.execution
        if ctx.triggered_id == "live-pause" and pause:
            return _said(execution.pause(actor, run), words, "The run will stand in a moment.")
        if ctx.triggered_id == "live-resume" and resume:
            return _said(execution.resume(actor, run), words, "The run goes on.")
        if ctx.triggered_id == "live-stop-yes" and stop:
            done = execution.stop_after_phase(actor, run)
            return _said(done, words, "The run will end after this phase.")
        if ctx.triggered_id == "live-abort-yes" and abort:
            return _said(execution.abort(actor, run), words, "The run is being aborted.")
        return no_update

    for question in ("live-stop", "live-abort"):
        _opens(host, question)

    @host.callback(
        Output("live-suspension", "children"),
        Output("live-prompt", "children"),
        Output("live-message", "children", allow_duplicate=True),
        Input("live-signal", "data"),
        Input("live-pulse", "n_intervals"),
        State("live-run", "data"),
        State("live-prompt", "children"),
        prevent_initial_call=True,
    )
    def follow(
        signal: object, pulse: int | None, run: str, shown: object
    ) -> tuple[list[Component], object, object]:
        actor, words = host.actor(), host.words()
        live = host.testbed.queries.live_one(actor, run)
        if live is None:
            ended = host.testbed.queries.run(actor, run) is not None
            return [], [ended_view(run, words)] if ended else [], no_update
        suspension = suspension_panel(live, words)
        if live.prompt is not None and _is_shown(shown, live.prompt.number):
            # Drawing it again would take away what the operator is typing.
            return suspension, no_update, no_update
        # What was said of the question before this one would be read as said of this one.
        told = no_update if live.prompt is None else None
        return suspension, prompt_panel(live, words), told

    @host.callback(
        Output("live-message", "children", allow_duplicate=True),
        Output({"type": "live-text", "prompt": ALL}, "error"),
        Input({"type": "live-answer", "prompt": ALL, "option": ALL}, "n_clicks"),
        Input({"type": "live-text", "prompt": ALL}, "n_submit"),
        State({"type": "live-text", "prompt": ALL}, "value"),
        State("live-run", "data"),
        prevent_initial_call=True,
    )
    def answer(
        clicks: list[int | None], entered: list[int | None], texts: list[str | None], run: str
    ) -> object:
        pressed = ctx.triggered_id
        unsaid = [no_update] * len(texts)
        if not any([*clicks, *entered]) or not isinstance(pressed, dict):
            return no_update, unsaid
        text = pressed.get("option") or (texts[0] if texts else "") or ""
        words = host.words()
        done = host.testbed.execution.answer(host.actor(), run, int(pressed["prompt"]), text)
        if texts and isinstance(done, Refused):
            # At the field, where the operator looks, and the question stays open.
            return None, [" ".join(words.objection(each) for each in done.objections)]
        return _said(done, words, "Answered."), [None] * len(texts)


def _opens(host: Host, name: str) -> None:
    """Let a button open its question, and both answers close it."""

    @host.callback(
        Output(f"{name}-question", "opened"),
        Input(name, "n_clicks"),
        Input(f"{name}-no", "n_clicks"),
        Input(f"{name}-yes", "n_clicks"),
        prevent_initial_call=True,
    )
    def ask(open_it: int | None, no: int | None, yes: int | None) -> bool:
        return ctx.triggered_id == name and bool(open_it)


def _is_shown(children: object, prompt: int) -> bool:
    """Tell whether the panel of this prompt is on the page already."""
    if isinstance(children, dict):
        named = children.get("id")
        if isinstance(named, dict) and named.get("prompt") == prompt:
            return True
        return any(_is_shown(value, prompt) for value in children.values())
    return isinstance(children, list) and any(_is_shown(item, prompt) for item in children)

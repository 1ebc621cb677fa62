"""One bench: what it does, and how an unsafe one is cleared."""

import asyncio
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.callbacks import Shell
from dashboard.gateway import objections
from dashboard.pages.chips import bench_chip, empty
from testbed.domain.objections import Refused
from testbed.domain.people import Actor, Role
from testbed.engine.ports import BenchState
from testbed.i18n import Words
from testbed.services.rows import BenchRow

__all__ = ["layout", "register"]


async def layout(shell: Shell, name: str) -> Component:
    """Show one bench."""
    actor, said = shell.actor(), shell.words()
    row = await asyncio.to_thread(_row, shell, name)
    if row is None:
        return empty(said("There is no such bench."), "")
    return html.Div(
        [
            dcc.Store(id="bench-name", data=name),
            dcc.Interval(id="bench-pulse", interval=2000),
            html.Div(html.H1(row.title.in_locale(said.locale)), className="tb-page-head"),
            html.Section(
                [
                    html.Div(_state(row, said), id="bench-state"),
                    html.Div(id="bench-told"),
                    _form(row, actor, said),
                ],
                className="tb-card",
            ),
        ]
    )


def _row(shell: Shell, name: str) -> BenchRow | None:
    rows = shell.testbed.queries.benches(shell.actor())
    return next((row for row in rows if row.name == name), None)


def _state(row: BenchRow, said: Words) -> list[Component]:
    parts: list[Component] = [html.P([row.name, " ", bench_chip(row.state, said)])]
    if row.state is BenchState.UNSAFE:
        parts.append(html.P(said("Refuses work until somebody has cleared it.")))
    if row.state is BenchState.CLEARED:
        parts.append(html.P(said("Every output is switched off and read back before it works.")))
    if row.state.refuses and row.detail:
        parts.append(html.P(said("First cause: {cause}", cause=row.detail)))
    return parts


def _form(row: BenchRow, actor: Actor, said: Words) -> Component:
    shown = row.state is BenchState.UNSAFE and actor.has(Role.ENGINEER)
    return html.Div(
        [
            dmc.Textarea(id="bench-remark", label=said("What was found at the bench")),
            dmc.Button(said("Clear, and prove it safe"), id="bench-clear"),
        ],
        className="tb-form",
        hidden=not shown,
    )


def register(shell: Shell) -> None:
    """Wire the page."""

    @shell.callback(
        Output("bench-told", "children"),
        Input("bench-clear", "n_clicks"),
        State("bench-remark", "value"),
        State("bench-name", "data"),
        prevent_initial_call=True,
    )
    def clear(clicks: int | None, remark: str | None, name: str) -> Any:  # noqa: ANN401
        if not clicks:
            raise PreventUpdate
        answer = shell.testbed.execution.clear_bench(shell.actor(), name, remark or "")
        return objections(answer, shell.words()) if isinstance(answer, Refused) else None

    @shell.callback(
        Output("bench-state", "children"),
        Input("bench-pulse", "n_intervals"),
        State("bench-name", "data"),
        prevent_initial_call=True,
    )
    def now(_: int | None, name: str) -> list[Component]:
        row = _row(shell, name)
        if row is None:
            raise PreventUpdate
        return _state(row, shell.words())

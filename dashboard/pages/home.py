"""Home: loads the rows of the first page and keeps the part that moves up to date."""

import asyncio

from dash import Input, Output, dcc, html
from dash.development.base_component import Component

from dashboard.pages.home_view import HomeRows, home_view, now_section
from dashboard.pages.host import Host
from testbed.domain.people import Role
from testbed.services.rows import RunRow

__all__ = ["layout", "register"]

_SHOWN = 6


def load(host: Host) -> HomeRows:
    """Read all that the first page shows."""
    actor, queries = host.actor(), host.testbed.queries
    waiting: tuple[RunRow, ...] = ()
    if actor.has(Role.REVIEWER):
        waiting = queries.runs(actor, size=_SHOWN, waiting=True).rows
    return HomeRows(
        actor=actor,
        benches=queries.benches(actor),
        live=queries.live(actor),
        bookings=queries.bookings(actor, upcoming=True)[:_SHOWN],
        waiting=waiting,
        recent=queries.runs(actor, size=_SHOWN).rows,
        equipment_names={
            row.code: row.name.in_locale(host.words().locale) for row in queries.equipment(actor)
        },
    )


async def layout(host: Host) -> Component:
    """Build the first page."""
    rows = await asyncio.to_thread(load, host)
    pulse = dcc.Interval(id="home-pulse", interval=5000)
    return html.Div([pulse, *home_view(rows, host.words())])


def register(host: Host) -> None:
    """Wire the page."""

    @host.callback(
        Output("home-now", "children"),
        Input("home-pulse", "n_intervals"),
        prevent_initial_call=True,
    )
    def now(_: int | None) -> Component:
        return now_section(load(host), host.words())

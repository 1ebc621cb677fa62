"""Runs: searches and filters the list."""

from dash import Input, Output, ctx, html
from dash.development.base_component import Component

from dashboard.pages.host import Host
from dashboard.pages.runs_view import runs_table, runs_view
from testbed.domain.conformity import Outcome
from testbed.domain.people import Role
from testbed.engine.ports import Ending

__all__ = ["layout", "register"]

_OUTCOMES = frozenset(each.value for kind in (Outcome, Ending) for each in kind)


async def layout(host: Host, search: str = "", waiting: str = "") -> Component:
    """Build the list's page; the rows come with its first callback."""
    reviewer = host.actor().has(Role.REVIEWER)
    return html.Div(
        runs_view(host.words(), reviewer=reviewer, waiting=bool(waiting), search=search)
    )


def register(host: Host) -> None:
    """Wire the page."""

    @host.callback(
        Output("runs-list", "children"),
        Output("runs-page", "total"),
        Output("runs-page", "value"),
        Input("runs-search", "value"),
        Input("runs-waiting", "value"),
        Input("runs-outcome", "value"),
        Input("runs-page", "value"),
    )
    def fill(
        search: str | None, waiting: str | None, outcome: str | None, page: int | None
    ) -> tuple[list[Component], int, int]:
        # A change of the filter begins at the first page.
        wanted = max(page or 1, 1) if ctx.triggered_id in ("runs-page", None) else 1
        text = (search or "").strip()[:200]
        chosen = outcome if outcome in _OUTCOMES else ""
        found = host.testbed.queries.runs(
            host.actor(),
            search=text,
            page=wanted,
            waiting=waiting == "waiting",
            outcome=chosen or "",
        )
        filtered = bool(text or chosen or waiting == "waiting")
        table = runs_table(found, host.words(), filtered=filtered)
        return table, max(found.pages, 1), found.page

"""Compare: repeats over each other, how far they differ, and their results side by side."""

import asyncio
from urllib.parse import urlencode

from dash import Input, Output, State, html, no_update
from dash.development.base_component import Component

from dashboard.pages.chips import empty
from dashboard.pages.compare_view import compare_view
from dashboard.pages.host import Host
from dashboard.pages.run import repeats
from testbed.services.looking import MOST_OVERLAID, Offer
from testbed.services.rows import RunDetail

__all__ = ["layout", "register"]


async def layout(host: Host, runs: str = "") -> Component:
    """Build the page; a run that may not be seen is as if it did not exist."""
    numbers = list(dict.fromkeys(part.strip() for part in runs.split(",") if part.strip()))
    details, offers = await asyncio.to_thread(_read, host, numbers[:MOST_OVERLAID])
    words = host.words()
    if not details:
        return empty(
            words("There is nothing to compare."),
            words("Open a run and lay others over it, or give their numbers: {address}",
                  address="/runs/compare?runs=R-…,R-…"),
            href="/runs",
            action=words("All runs"),
        )  # fmt: skip
    return html.Div(compare_view(details, offers, words))


def _read(host: Host, numbers: list[str]) -> tuple[list[RunDetail], tuple[Offer, ...]]:
    found = [host.testbed.queries.run(host.actor(), number) for number in numbers]
    details = [each for each in found if each is not None and each.channels]
    if not details:
        return [], ()
    return details, host.testbed.looking.offers(host.actor(), details[0].row.number)


def register(host: Host) -> None:
    """Wire the page."""

    @host.callback(
        Output("go", "href", allow_duplicate=True),
        Input("compare-runs", "value"),
        State("compare-shown", "data"),
        prevent_initial_call=True,
    )
    def choose(chosen: list[str] | None, shown: list[str]) -> object:
        if not chosen or chosen == shown:
            return no_update
        return "/runs/compare?" + urlencode({"runs": ",".join(chosen)}, safe=",")

    @host.callback(
        Output("compare-runs", "data"),
        Input("compare-runs", "searchValue"),
        State("compare-runs", "value"),
        State("compare-runs", "data"),
        State("compare-shown", "data"),
    )
    def offer(
        search: str | None,
        chosen: list[str] | None,
        offered: list[dict[str, str]] | None,
        shown: list[str],
    ) -> list[dict[str, str]]:
        kept = [each for each in offered or [] if each["value"] in (chosen or [])]
        return repeats(host, shown[0], search or "", kept) if shown else kept

    @host.callback(Output("compare-difference", "data-to"), Input("compare-to", "value"))
    def reference(to: str | None) -> str:
        return "mean" if to == "mean" else "first"

"""Distribution: what all runs of a method look like together, and which of them stand out."""

import asyncio
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from dashboard.figures import axes_of_method
from dashboard.pages.chips import attributes, card, empty, known
from dashboard.pages.curve_card import curve
from dashboard.pages.host import Host

__all__ = ["layout", "register"]


async def layout(host: Host, method: str = "", search: str = "", run: str = "") -> Component:
    """Build the page; the curve script asks for the bands, the run that is shown among them too."""
    words = host.words()
    found = host.testbed.methods().get(method)
    if found is None:
        return empty(
            words("Which method?"),
            words("Open a run and choose to see it among all runs of its method."),
            href="/runs",
            action=words("All runs"),
        )
    detail = await asyncio.to_thread(host.testbed.queries.run, host.actor(), run) if run else None
    # A run that may not be seen is as if it did not exist.
    run = detail.row.number if detail is not None and detail.channels else ""
    runs = [(run, run)] if run else []
    name = known(words, f"method.{method}", method)
    shown = [dcc.Link(run, href=f"/runs/{run}", className="tb-more")] if run else []
    return html.Div(
        [
            html.Div(
                html.Div(
                    [html.P(name, className="tb-quiet"), html.H1(words("All runs of the method"))]
                ),
                className="tb-page-head",
            ),
            dcc.Store(id="distribution-shown", data={"method": method, "run": run}),
            html.Section(
                [
                    html.Div(
                        [
                            dmc.TextInput(
                                id="distribution-search",
                                value=search,
                                debounce=500,
                                placeholder=words("Only runs with … (specimen, person, year)"),
                                **attributes(aria_label=words("Search runs")),
                            ),
                            *shown,
                        ],
                        className="tb-filters",
                    ),
                    curve("distribution-figure", "distribution", runs, axes_of_method(found), words,
                          method=method, search=search, file=f"distribution-{method}"),
                ],
                className="tb-card",
            ),
            card(
                words("Longest outside the band"),
                [
                    html.P(
                        words("The band holds nine of ten runs at every place. These leave it for "
                              "the longest part of their way."),
                        className="tb-quiet",
                    ),
                    html.Ol(id="distribution-outliers", className="tb-outliers"),
                ],
            ),
        ]
    )  # fmt: skip


def register(host: Host) -> None:
    """Wire the page."""

    @host.callback(
        Output("go", "href", allow_duplicate=True),
        Input("distribution-search", "value"),
        State("distribution-shown", "data"),
        State("address", "search"),
        prevent_initial_call=True,
    )
    def narrow(search: str | None, shown: dict[str, str], address: str | None) -> object:
        wanted = {"method": shown["method"], "search": search or "", "run": shown["run"]}
        query = "?" + urlencode({name: value for name, value in wanted.items() if value})
        return no_update if query == (address or "") else f"/runs/distribution{query}"

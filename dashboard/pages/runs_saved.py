"""The searches that a person keeps: listed, named, renamed, deleted and brought back."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from dashboard.pages.chips import attributes
from testbed.i18n import Words
from testbed.services.catalogue import SavedSearch

__all__ = ["saved_view", "undo_view"]


def saved_view(saved: Sequence[SavedSearch], words: Words) -> list[Component]:
    """List the kept searches; with the next step where there is none yet."""
    if not saved:
        hint = words("Search for something, then keep it here under a name.")
        return [html.P(hint, className="tb-quiet tb-small")]
    return [html.Ul([_one(each, words) for each in saved], className="tb-saved")]


def _one(each: SavedSearch, words: Words) -> Component:
    def tool(do: str, mark: str, label: str) -> Component:
        spoken = f"{label}: {each.name}"
        return html.Button(
            mark,
            type="button",
            className="tb-saved-tool",
            title=label,
            **attributes(aria_label=spoken, data_do=do, data_id=str(each.id), data_name=each.name),
        )

    link = html.A(
        each.name,
        href=f"/runs?{each.query}",
        className="tb-saved-name",
        **attributes(data_load=each.query),
    )
    tools = [
        tool("rename", "✎", words("Rename")),
        tool("delete", "×", words("Delete")),
    ]
    return html.Li([link, *tools])


def undo_view(gone: SavedSearch, words: Words) -> Component:
    """Offer to bring back what was just deleted."""
    button = html.Button(
        words("Undo"),
        type="button",
        className="tb-tool",
        **attributes(data_do="save", data_name=gone.name, data_query=gone.query),
    )
    told = words("“{name}” was deleted.", name=gone.name)
    return html.P([html.Span(told), button], className="tb-undo", role="status")

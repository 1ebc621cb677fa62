"""The calendar of resources, as a Dash component; its other half is `assets/calendar.js`."""

from typing import Any

from dash.development.base_component import Component

__all__ = ["ResourceCalendar"]


class ResourceCalendar(Component):
    """A timeline of resources on which periods are chosen, moved and resized.

    Parameters
    ----------
    resources
        Rows: ``{"id", "title"}``.
    events
        Bars: ``{"id", "resourceIds", "start", "end", "title", "classNames", "editable"}``; start
        and end are local times of the centre, ISO 8601 without zone.
    options
        Further options of EventCalendar.
    selection
        Told by the browser: ``{"resource", "start", "end", "at"}``.
    change
        Told by the browser: ``{"id", "resource", "start", "end", "at"}`` of a moved bar.
    clicked
        Told by the browser: ``{"id", "at"}``.
    range
        Told by the browser: ``{"start", "end", "view"}`` of what is shown.
    """

    _namespace = "testbed"
    _type = "ResourceCalendar"

    def __init__(self, id: str, **properties: Any) -> None:  # noqa: ANN401
        names = ["id", "resources", "events", "options", "selection", "change", "clicked", "range"]
        self._prop_names = names
        self._valid_wildcard_attributes: list[str] = []
        self.available_properties = names
        self.available_wildcard_properties: list[str] = []
        self._children_props = []
        self._base_nodes = ["children"]
        super().__init__(id=id, **properties)  # type: ignore[no-untyped-call]

"""A drawing as a part of the page, as a Dash component; its other half is `assets/picture.js`."""

from dash.development.base_component import Component

__all__ = ["Picture"]


class Picture(Component):
    """A drawing that takes its colours and letters from the page around it, as an image cannot.

    Parameters
    ----------
    svg
        An ``svg`` element as text, well-formed XML. Its scripts do not run.
    className
        Of the element around it.
    """

    _namespace = "testbed"
    _type = "Picture"

    def __init__(self, id: str, *, svg: str, className: str = "") -> None:  # noqa: N803
        names = ["id", "svg", "className"]
        self._prop_names = names
        self._valid_wildcard_attributes: list[str] = []
        self.available_properties = names
        self.available_wildcard_properties: list[str] = []
        self._children_props = []
        self._base_nodes = ["children"]
        super().__init__(id=id, svg=svg, className=className)  # type: ignore[no-untyped-call]

"""Light and dark looks of every figure, as plotly templates of our own."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

__all__ = ["FONT", "SCHEMES", "Palette", "graph_config", "palette", "template"]

FONT = "Pretendard, 'Malgun Gothic', 'Apple SD Gothic Neo', 'Noto Sans CJK KR', sans-serif"


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours of one scheme.

    Attributes
    ----------
    curve, overlay, mark
        First curve, the run compared with it, and constructions.
    text, quiet, grid, surface
        Words, secondary words, grid lines, and what the figure lies on.
    """

    curve: str
    overlay: str
    mark: str
    text: str
    quiet: str
    grid: str
    surface: str


SCHEMES: Mapping[str, Palette] = MappingProxyType(
    {
        "light": Palette(
            curve="#1864ab",
            overlay="#b35c00",
            mark="#a61e4d",
            text="#212529",
            quiet="#5c636a",
            grid="#e3e6ea",
            surface="#ffffff",
        ),
        "dark": Palette(
            curve="#74c0fc",
            overlay="#ffc078",
            mark="#faa2c1",
            text="#e9ecef",
            quiet="#a6adb4",
            grid="#3b3f44",
            surface="#242424",
        ),
    }
)


def palette(scheme: str) -> Palette:
    """Pick the colours of a scheme; anything but "dark" is light."""
    return SCHEMES["dark" if scheme == "dark" else "light"]


def template(scheme: str) -> dict[str, object]:
    """Build the plotly template of a scheme."""
    colours = palette(scheme)
    axis = {
        "gridcolor": colours.grid,
        "linecolor": colours.quiet,
        "zerolinecolor": colours.grid,
        "tickcolor": colours.quiet,
        "tickfont": {"color": colours.quiet},
        "title": {"font": {"color": colours.text}},
        "showline": True,
        "ticks": "outside",
        "automargin": True,
    }
    return {
        "layout": {
            "paper_bgcolor": colours.surface,
            "plot_bgcolor": colours.surface,
            "font": {"family": FONT, "color": colours.text, "size": 13},
            "colorway": [colours.curve, colours.overlay, colours.mark],
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {
                "bgcolor": colours.surface,
                "bordercolor": colours.grid,
                "font": {"color": colours.text, "family": FONT},
            },
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        }
    }


def graph_config(locale: str) -> dict[str, Any]:
    """Set up a graph: no logo, no way out of the house, the reader's language."""
    return {
        "locale": locale,
        "displaylogo": False,
        "showSendToCloud": False,
        "plotlyServerURL": "",
        "responsive": True,
        "scrollZoom": False,
        "modeBarButtonsToRemove": ["select2d", "lasso2d"],
    }

"""The curve on a page: an element that the curve script fills, with the script's words."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from dashboard.figures import Axes, curve_data
from dashboard.pages.chips import attributes
from testbed.i18n import Words

__all__ = ["curve"]


def curve(
    id: str,
    source: str,
    runs: Sequence[tuple[str, str]],
    axes: Sequence[Axes],
    words: Words,
    *,
    low: bool = False,
    **more: str,
) -> Component:
    """Lay an empty curve out; see `dashboard.figures.curve_data` for what it takes."""
    data = curve_data(source, runs, axes, words, _said(words), **more)
    kind = "tb-curve tb-curve-low" if low else "tb-curve"
    return html.Div(id=id, className=kind, **attributes(data_curve=data))


def _said(words: Words) -> dict[str, str]:
    """Gather what the script says; names in braces are filled in by it."""
    return {
        "axes": words("Which curve"),
        "more": words("Other channels …"),
        "tools": words("Move about in the curve"),
        "zoom_in": words("Zoom in (+)"),
        "zoom_out": words("Zoom out (−)"),
        "undo": words("Back to the view before (u)"),
        "whole": words("Whole run"),
        "save": words("Save as a picture"),
        "legend": words("Curves"),
        "curve": words("curve"),
        "help": words(
            "Drag to zoom, with Shift to move, double-click for the whole run. After a click the "
            "wheel and the keys + − ← → 0 work, and u goes back."
        ),
        "loading": words("The curve is being read …"),
        "nothing": words("There is nothing to draw here."),
        "unreadable": words("The record cannot be read."),
        "exact": words("every sample"),
        "thinned": words("lowest and highest per pixel"),
        "readout": words("{from} – {to} {unit} · {inside} of {samples} samples · {how}"),
        "readout_uncounted": words("{from} – {to} {unit} · out of {samples} samples · {how}"),
        "difference": words("{from} – {to} {unit} · difference of samples"),
        "difference_thinned": words(
            "{from} – {to} {unit} · the band holds every possible difference per pixel"
        ),
        "gathering": words("{done} of {total} runs have been read …"),
        "gathered": words("{from} – {to} {unit} · {runs} runs"),
        "outer": words("5 to 95 %"),
        "inner": words("25 to 75 %"),
        "median": words("Median"),
        "outlier": words("{share} % of the way outside, at most {farthest} at {at}"),
        "no_outliers": words("No run leaves the band."),
    }

"""Figures: pure functions from rows to plotly figures, in the colours of the shell."""

from dashboard.figures.axes import axis_title, unit_text
from dashboard.figures.curve import Curve, curve_figure, trace_patch
from dashboard.figures.theme import SCHEMES, graph_config, template

__all__ = [
    "SCHEMES",
    "Curve",
    "axis_title",
    "curve_figure",
    "graph_config",
    "template",
    "trace_patch",
    "unit_text",
]

"""Figures: pure functions from rows to what the browser's curve script draws."""

from dashboard.figures.axes import axis_title, unit_text
from dashboard.figures.curve import Axes, axes_of_method, axes_of_run, curve_data

__all__ = ["Axes", "axes_of_method", "axes_of_run", "axis_title", "curve_data", "unit_text"]

"""One curve with what the evaluation drew over it, and a second run beside it.

The figure is a plain dictionary: building `go.Figure` costs ten times as much as all the rest.
"""

import base64
import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dashboard.figures.axes import axis_title
from dashboard.figures.theme import Palette, palette, template
from testbed.i18n import Words
from testbed.procedure import Construction
from testbed.services.rows import Trace

__all__ = ["Curve", "curve_figure", "trace_patch"]

Figure = dict[str, object]

# Points of one curve often lie close together: their words take turns in where they stand.
_PLACES = ("top center", "bottom right", "middle left", "top center")


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What the run page draws.

    Attributes
    ----------
    x, y
        Channels of the axes; x may be "time".
    units
        Channel name to unit.
    name, trace
        The run and its window.
    overlay_name, overlay
        The run compared with it, if any.
    constructions
        Lines and points of the evaluation; drawn where the axes are the method's first plot.
    guides
        Levels on the y axis: words and value.
    narrow
        Whether there is no room for a legend that is not needed.
    """

    x: str
    y: str
    units: Mapping[str, str]
    name: str
    trace: Trace
    overlay_name: str = ""
    overlay: Trace | None = None
    constructions: tuple[Construction, ...] = ()
    guides: tuple[tuple[str, float], ...] = ()
    narrow: bool = False


def curve_figure(curve: Curve, words: Words, scheme: str) -> Figure:
    """Draw a curve: data[0] is the run, data[1] the overlay (empty without one), then marks."""
    colours = palette(scheme)
    traces = [
        _line(curve.name, curve.trace, colours.curve, dash="solid"),
        _line(curve.overlay_name, curve.overlay or Trace(), colours.overlay, dash="dash"),
    ]
    points = 0
    for item in curve.constructions:
        traces.append(_mark(item, words, colours, _PLACES[points % len(_PLACES)]))
        points += len(item.x) == 1
    layout: Figure = {
        "template": template(scheme),
        "uirevision": f"{curve.x}/{curve.y}",
        "margin": {"l": 64, "r": 16, "t": 44, "b": 52},
        "hovermode": "closest",
        "dragmode": "zoom",
        "showlegend": not curve.narrow or curve.overlay is not None,
        "xaxis": {"title": {"text": axis_title(curve.x, curve.units.get(curve.x, "s"), words)}},
        "yaxis": {"title": {"text": axis_title(curve.y, curve.units.get(curve.y, "1"), words)}},
        "shapes": [_level(value, colours) for _, value in curve.guides],
        "annotations": [_level_text(text, value, colours) for text, value in curve.guides],
    }
    span = _finite(curve.trace.x) + _finite(curve.overlay.x if curve.overlay else ())
    if span and curve.constructions:
        # A construction line may reach far beyond the curve; the curve sets the first view.
        layout["xaxis"] = {**_dict(layout["xaxis"]), "range": _padded(span)}
        heights = _finite(curve.trace.y) + _finite(curve.overlay.y if curve.overlay else ())
        if heights:
            layout["yaxis"] = {**_dict(layout["yaxis"]), "range": _padded(heights)}
    return {"data": traces, "layout": layout}


def trace_patch(trace: Trace) -> tuple[Figure, Figure]:
    """Encode a refetched window as plotly typed arrays: x and y."""
    return _typed(trace.x), _typed(trace.y)


def _typed(values: Iterable[float]) -> Figure:
    packed = base64.b64encode(array("d", values).tobytes()).decode()
    return {"dtype": "f8", "bdata": packed}


def _line(name: str, trace: Trace, colour: str, *, dash: str) -> Figure:
    x, y = trace_patch(trace)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "y": y,
        "line": {"color": colour, "width": 1.6, "dash": dash},
        "showlegend": bool(name),
        "hovertemplate": "%{x:.6~g} · %{y:.6~g}<extra>" + name + "</extra>",
    }


def _mark(item: Construction, words: Words, colours: Palette, place: str) -> Figure:
    name = words(f"construction.{item.code}")
    point = len(item.x) == 1
    style: Figure = (
        {
            "mode": "markers+text",
            "text": [name],
            "textposition": place,
            "showlegend": False,
            "textfont": {"color": colours.mark},
            "marker": {"color": colours.mark, "size": 10, "symbol": "diamond-open"},
        }
        if point
        else {"mode": "lines", "line": {"color": colours.mark, "width": 1.2, "dash": "dot"}}
    )
    return {
        "type": "scatter",
        "name": name,
        "x": list(item.x),
        "y": list(item.y),
        # Words of a point at the edge stay whole; lines must not leave the frame.
        "cliponaxis": not point,
        "hovertemplate": "%{x:.6~g} · %{y:.6~g}<extra>" + name + "</extra>",
        **style,
    }


def _level(value: float, colours: Palette) -> Figure:
    line = {"color": colours.mark, "width": 1, "dash": "dashdot"}
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": value,
        "y1": value,
        "line": line,
    }


def _level_text(text: str, value: float, colours: Palette) -> Figure:
    return {
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "y": value,
        "yanchor": "bottom",
        "showarrow": False,
        "text": text,
        "font": {"color": colours.mark, "size": 12},
    }


def _finite(values: Sequence[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def _padded(values: list[float]) -> list[float]:
    low, high = min(values), max(values)
    room = (high - low) * 0.06 or abs(high) * 0.06 or 1.0
    return [low - room * 0.5, high + room]


def _dict(value: object) -> Figure:
    assert isinstance(value, dict)
    return value

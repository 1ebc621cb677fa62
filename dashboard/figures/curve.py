"""What a curve on a page needs: the axes it offers, and the marks of the evaluation.

The samples are not here. The browser asks for them (`testbed.api.looking`), as many as it has
pixels, as soon as it has drawn the axes.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dashboard.figures.axes import axis_title, unit_text
from testbed.i18n import Words
from testbed.procedure import Construction, Procedure
from testbed.services.looking import Offer
from testbed.services.rows import RunDetail

__all__ = ["Axes", "axes_of_method", "axes_of_run", "curve_data"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """Two quantities that can be drawn over each other.

    Attributes
    ----------
    x, y
        Channels; x may be "time".
    stream
        Stream of the channels; "" is the main one.
    x_unit, y_unit
        As the record spells them.
    main
        Whether the method's reviewers read it; the others are offered behind them.
    marks
        Lines and points of the evaluation in these axes.
    """

    x: str
    y: str
    stream: str = ""
    x_unit: str = "s"
    y_unit: str = "1"
    main: bool = False
    marks: tuple[Construction, ...] = ()

    def unmarked(self) -> "Axes":
        """Give the same axes without marks."""
        return replace(self, marks=())


def axes_of_method(method: type[Procedure]) -> tuple[Axes, ...]:
    """Offer what the method's reviewers read, then every other channel over time."""
    units = {each.name: each.unit for each in method.channels}
    plots = [(plot.x, plot.y) for plot in method.plots]
    return _offered(plots, units, {("", name): unit for name, unit in units.items()})


def axes_of_run(detail: RunDetail, offers: Sequence[Offer]) -> tuple[Axes, ...]:
    """Offer the method's curves, then every channel of every stream in the record over time."""
    units = {**detail.channels, **{each.channel: each.unit for each in offers if not each.stream}}
    recorded = {each.channel for each in offers if not each.stream}
    plots = [
        (x, y)
        for x, y in detail.plots
        if not offers or (y in recorded and (x == "time" or x in recorded))
    ]
    made = _offered(plots, units, {(each.stream, each.channel): each.unit for each in offers})
    first = detail.plots[0] if detail.plots else None
    # The evaluation works in the axes of the method's first curve.
    return tuple(
        replace(each, marks=detail.constructions) if (each.x, each.y) == first else each
        for each in made
    )


def _offered(
    plots: Iterable[tuple[str, str]],
    units: Mapping[str, str],
    channels: Mapping[tuple[str, str], str],
) -> tuple[Axes, ...]:
    main = [
        Axes(x=x, y=y, x_unit=units.get(x, "s"), y_unit=units.get(y, "1"), main=True)
        for x, y in plots
    ]
    drawn = {("", each.y) for each in main if each.x == "time"}
    rest = [
        Axes(x="time", y=name, stream=stream, y_unit=unit)
        for (stream, name), unit in channels.items()
        if (stream, name) not in drawn
    ]
    if not main:
        # A record of no known method shows its first channels as if they were its curves.
        main, rest = [replace(each, main=True) for each in rest[:3]], rest[3:]
    return (*main, *rest)


def curve_data(
    source: str,
    runs: Sequence[tuple[str, str]],
    axes: Sequence[Axes],
    words: Words,
    said: Mapping[str, str],
    shown: str = "",
    **more: str,
) -> str:
    """Write what the script reads from ``data-curve``.

    Parameters
    ----------
    source
        "window", "difference" or "distribution".
    runs
        Numbers and labels of the runs that are drawn.
    said
        The script's own words.
    shown
        Which axes are shown first, as "stream/y"; else the first.
    more
        What the source needs besides: `link`, `method`, `search`, `file`.
    """
    places = [f"{each.stream}/{each.y}" for each in axes]
    data = {
        "source": source,
        "shown": places.index(shown) if shown in places else 0,
        "runs": [{"number": number, "label": label} for number, label in runs],
        "plots": [_plot(each, words) for each in axes],
        "words": dict(said),
        "locale": words.locale,
        **more,
    }
    return json.dumps(data, ensure_ascii=False)


def _plot(axes: Axes, words: Words) -> dict[str, object]:
    names = " – ".join(_name(name, words) for name in (axes.y, axes.x))
    return {
        "x": axes.x,
        "y": axes.y,
        "stream": axes.stream,
        "name": f"{names} ({axes.stream})" if axes.stream else names,
        "xTitle": axis_title(axes.x, axes.x_unit, words),
        "yTitle": axis_title(axes.y, axes.y_unit, words),
        "unit": unit_text("s" if axes.x == "time" else axes.x_unit),
        "yUnit": unit_text(axes.y_unit),
        "main": axes.main,
        "marks": [_mark(each, words) for each in axes.marks],
    }


def _name(channel: str, words: Words) -> str:
    code = f"channel.{channel}"
    return words(code) if words.knows(code) else channel


def _mark(item: Construction, words: Words) -> dict[str, object]:
    points = zip(item.x, item.y, strict=True)
    finite = [point for point in points if all(math.isfinite(value) for value in point)]
    return {
        "name": words(f"construction.{item.code}"),
        "x": [x for x, _ in finite],
        "y": [y for _, y in finite],
    }

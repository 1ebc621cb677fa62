"""A guard band as a picture: SVG text that stands alone or inside a page.

It has neither script nor style, so a strict Content-Security-Policy lets it through. Everything
is in `currentColor`, told apart by opacity, hatching and line; a page gives colours to the classes
``tb-band-accept``, ``tb-band-guard`` and so on by their property ``color``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from testbed.evaluation.band_drawing import SIDE, Band, Mark, Part, ZoneKind
from testbed.evaluation.band_labels import FONT, Label, arrange, number_text

__all__ = ["BandWords", "band_svg"]

_ROW = 17.0  # from one row of labels to the next [px]
_BAR = 34.0  # height of the bar [px]
_POLE = 5.0  # of a mark beyond the bar [px]
_IDENTIFIER = re.compile(r"[A-Za-z][\w-]*")
_OPACITY = {
    ZoneKind.ACCEPT: 0.28,
    ZoneKind.ALLOWANCE: 0.28,
    ZoneKind.WITHIN: 0.16,
    ZoneKind.GUARD: 0.08,
    ZoneKind.CONDITIONAL_PASS: 0.18,
    ZoneKind.CONDITIONAL_FAIL: 0.08,
    ZoneKind.REJECT: 0.0,
    ZoneKind.BEYOND: 0.0,
}
_HATCHED = (
    ZoneKind.GUARD,
    ZoneKind.ALLOWANCE,
    ZoneKind.CONDITIONAL_PASS,
    ZoneKind.CONDITIONAL_FAIL,
)
_LIMITS = (Part.LIMIT_LOW, Part.LIMIT_HIGH)
_ACCEPTS = (Part.ACCEPT_LOW, Part.ACCEPT_HIGH)
_REJECTS = (Part.REJECT_LOW, Part.REJECT_HIGH)


@dataclass(frozen=True, slots=True, kw_only=True)
class BandWords:
    """What the picture says, in the reader's language.

    Attributes
    ----------
    title, description
        For those who do not see the picture: what it is of, and what it shows.
    limit, accept, reject, value
        Short names before the numbers: tolerance limit, acceptance limit, last value that does
        not plainly fail, measured value.
    unit
        Behind the number of the value.
    """

    title: str
    description: str
    limit: str = "TL"
    accept: str = "AL"
    reject: str = "RL"
    value: str = "x"
    unit: str = ""


def band_svg(band: Band, words: BandWords, *, id: str = "band") -> str:
    """Draw a guard band.

    Parameters
    ----------
    band
        Laid out by `testbed.evaluation.band_drawing.place_band`.
    words
        For labels and for assistive technology.
    id
        Begins every id in the picture; unique on the page: a letter, then letters, digits, "-".

    Returns
    -------
    str
        An ``svg`` element, as wide as the band is and as high as its labels need. Each mark has
        ``data-part``, each stretch ``data-zone``.

    Raises
    ------
    ValueError
        `id` cannot be one.
    """
    if not _IDENTIFIER.fullmatch(id):
        raise ValueError(f"{id!r} cannot begin the ids of a picture")
    # Both ends of a tolerance without width are one place, and have one label.
    above = arrange(list(dict.fromkeys(_above(band, words))), band.width)
    below = arrange(list(dict.fromkeys(_below(band, words))), band.width)
    top = 2.0 + _ROW * _rows(above) + _POLE
    height = top + _BAR + _POLE + _ROW * _rows(below) + 4.0
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="tb-band" role="img" id="{id}" '
        f'aria-labelledby="{id}-title {id}-description" width="{band.width:g}" '
        f'height="{height:g}" viewBox="0 0 {band.width:g} {height:g}">',
        f'<title id="{id}-title">{escape(words.title)}</title>',
        f'<desc id="{id}-description">{escape(words.description)}</desc>',
        f'<defs><pattern id="{id}-hatch" width="6" height="6" patternUnits="userSpaceOnUse">'
        '<path d="M-1 7L7 -1M-1 1L1 -1M5 7L7 5" stroke="currentColor" stroke-width="1" '
        'stroke-opacity="0.55" fill="none"/></pattern></defs>',
        *_zones(band, top, id),
        *(_line(mark, top) for mark in band.marks if mark.part in (*_LIMITS, *_ACCEPTS, *_REJECTS)),
        *_value(band, top + 0.5 * _BAR),
        *_labels(above, top - _POLE, -1.0),
        *_labels(below, top + _BAR + _POLE, 1.0),
        "</svg>",
    ]
    return "\n".join(lines)


def _above(band: Band, words: BandWords) -> Iterator[tuple[str, float]]:
    for parts, name in ((_LIMITS, words.limit), (_REJECTS, words.reject)):
        for part in parts:
            mark = band.mark(part)
            if mark is not None:
                yield f"{name} {_number(band, mark)}", mark.position


def _below(band: Band, words: BandWords) -> Iterator[tuple[str, float]]:
    value, high = band.mark(Part.VALUE), band.mark(Part.INTERVAL_HIGH)
    # Without a guard band the acceptance limits are those of the tolerance.
    for part in _ACCEPTS if band.decision.guard_band else ():
        mark = band.mark(part)
        if mark is not None:
            yield f"{words.accept} {_number(band, mark)}", mark.position
    if value is not None:
        text = f"{words.value} {_number(band, value)}"
        if high is not None:
            text += f" ± {number_text(high.number - value.number, band.high - band.low)}"
        yield f"{text} {words.unit}".rstrip(), value.position


def _number(band: Band, mark: Mark) -> str:
    return number_text(mark.number, band.high - band.low)


def _rows(labels: tuple[Label, ...]) -> int:
    return max((label.row for label in labels), default=-1) + 1


def _zones(band: Band, top: float, id: str) -> Iterator[str]:
    for zone in band.zones:
        long = zone.end - zone.start
        place = f'x="{zone.start:.2f}" y="{top:g}" width="{long:.2f}" height="{_BAR:g}"'
        yield (
            f'<rect class="tb-band-{zone.kind}" data-zone="{zone.kind}" {place} '
            f'fill="currentColor" fill-opacity="{_OPACITY[zone.kind]:g}"/>'
        )
        if zone.kind in _HATCHED:
            yield f'<rect class="tb-band-{zone.kind}" {place} fill="url(#{id}-hatch)"/>'
    yield (
        f'<rect class="tb-band-frame" x="{SIDE:g}" y="{top:g}" width="{band.width - 2 * SIDE:g}" '
        f'height="{_BAR:g}" fill="none" stroke="currentColor" stroke-opacity="0.4"/>'
    )


def _line(mark: Mark, top: float) -> str:
    look = (
        'stroke-width="2"' if mark.part in _LIMITS else 'stroke-width="1.5" stroke-dasharray="4 3"'
    )
    ends = (top - _POLE, top + _BAR) if mark.part not in _ACCEPTS else (top, top + _BAR + _POLE)
    return (
        f'<line class="tb-band-line tb-band-{mark.part}" data-part={quoteattr(mark.part)} '
        f'x1="{mark.position:.2f}" x2="{mark.position:.2f}" y1="{ends[0]:g}" y2="{ends[1]:g}" '
        f'stroke="currentColor" {look}/>'
    )


def _value(band: Band, y: float) -> Iterator[str]:
    low, high = band.mark(Part.INTERVAL_LOW), band.mark(Part.INTERVAL_HIGH)
    value = band.mark(Part.VALUE)
    if low is not None and high is not None:
        ends = f'x1="{low.position:.2f}" x2="{high.position:.2f}" y1="{y:g}" y2="{y:g}"'
        yield (
            f'<line class="tb-band-value" data-part="interval" {ends} '
            'stroke="currentColor" stroke-width="2"/>'
        )
        for end in (low, high):
            yield (
                f'<line class="tb-band-value" data-part="{end.part}" x1="{end.position:.2f}" '
                f'x2="{end.position:.2f}" y1="{y - 5:g}" y2="{y + 5:g}" stroke="currentColor" '
                'stroke-width="2"/>'
            )
    if value is not None:
        yield (
            f'<circle class="tb-band-value" data-part="value" cx="{value.position:.2f}" '
            f'cy="{y:g}" r="4.5" fill="currentColor"/>'
        )


def _labels(labels: tuple[Label, ...], edge: float, outwards: float) -> Iterator[str]:
    """Write rows of labels from an edge on; -1 leads up and 1 down."""
    for label in labels:
        near = edge + outwards * _ROW * label.row
        baseline = near - 4.0 if outwards < 0.0 else near + FONT
        if label.row:
            yield (
                f'<line class="tb-band-pole" x1="{label.mark:.2f}" x2="{label.mark:.2f}" '
                f'y1="{edge:g}" y2="{near:g}" stroke="currentColor" stroke-opacity="0.5"/>'
            )
        yield (
            f'<text class="tb-band-label" x="{0.5 * (label.start + label.end):.2f}" '
            f'y="{baseline:g}" font-family="sans-serif" font-size="{FONT:g}" fill="currentColor" '
            f'text-anchor="middle">{escape(label.text)}</text>'
        )

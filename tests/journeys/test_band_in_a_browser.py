"""A guard band as a browser paints it: the letters take no more room than was kept for them."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

import pytest
from playwright.sync_api import Browser

from testbed.domain.conformity import Limit
from testbed.domain.decision import Uncertainty
from testbed.domain.decision_rule import RuleKind, read_rule
from testbed.evaluation.band_drawing import SIDE, place_band
from testbed.evaluation.band_svg import BandWords, band_svg
from tests.journeys.centre import browser

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journey"), pytest.mark.timeout(120)]

WORDS = BandWords(title="판정", description="보호대역", limit="허용한계", accept="합격한계",
                  reject="불합격한계", value="측정값", unit="N/mm²")  # fmt: skip
POLICY = "default-src 'none'; style-src 'none'; script-src 'none'"
CASES = [
    (98.0, 2.0, None, 100.0, "non-binary 1.00 U"),
    (101.0, 2.0, 90.0, 100.0, "non-binary 1.00 U"),
    (500.3, 5.0, 490.0, None, "guarded 1.00 U"),
    (10.0, 0.95, 9.0, 11.0, "guarded 1.00 U"),
    (10.0, 0.05, 9.95, 10.05, "guarded 0.83 U"),
    (1e9, 1e-6, None, 1e9, "non-binary 1.00 U"),
    (11.2, 0.5, 9.0, 11.0, "guarded -1.00 U"),
    (-1.7e-9, 4e-11, -2e-9, -1.6e-9, "by probability 0.05"),
    (10.9, 0.2, 9.0, 11.0, "simple"),
]
MEASURE = """() => {
  const svg = document.querySelector('svg'), ground = svg.getBoundingClientRect();
  const box = e => { const r = e.getBoundingClientRect();
    return [r.left - ground.left, r.right - ground.left, r.top - ground.top,
            r.bottom - ground.top]; };
  const parts = [...svg.querySelectorAll('[data-part]')].map(e => [e.dataset.part, box(e)]);
  return {size: [ground.width, ground.height], parts: Object.fromEntries(parts),
          texts: [...svg.querySelectorAll('text')].map(box)};
}"""


def expected(band, value, u, low, high):
    """Work out where the lines are by the closed form [px]."""
    rule, length = band.decision.rule, Fraction(u) * Fraction(band.decision.rule.guard)
    places = {"value": Fraction(value), "interval": Fraction(value)}
    for side, limit, inwards in (("low", low, 1), ("high", high, -1)):
        if limit is not None:
            places[f"limit-{side}"] = Fraction(limit)
            accept = Fraction(limit) + inwards * length
            if rule.kind is RuleKind.PROBABILITY:
                accept = Fraction(getattr(band.decision, f"accept_{side}"))
            places[f"accept-{side}"] = accept
            if rule.kind is RuleKind.NON_BINARY:
                places[f"reject-{side}"] = Fraction(limit) - inwards * length
    ends = [*places.values(), Fraction(value) - Fraction(u), Fraction(value) + Fraction(u)]
    span = max(ends) - min(ends)
    start = min(ends) - span / 10
    scale = (band.width - 2 * SIDE) / 1.2
    return {part: SIDE + scale * float((at - start) / span) for part, at in places.items()}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.mark.parametrize("width", [320, 640])
@pytest.mark.parametrize(("value", "u", "low", "high", "rule"), CASES)
def test_a_band_is_painted_to_the_pixel(chromium, value, u, low, high, rule, width):
    limit = Limit(measurand="rm", low=low, high=high)
    band = place_band(value, Uncertainty(expanded=u), limit, read_rule(rule), width=width)
    page = chromium.new_page(viewport={"width": width, "height": 400})
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    head = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    page.set_content(f"<!doctype html>{head}{band_svg(band, WORDS)}")
    shown = page.evaluate(MEASURE)
    page.close()
    assert refused == []
    assert shown["size"][0] == width
    for part, pixel in expected(band, value, u, low, high).items():
        left, right, *_ = shown["parts"][part]
        assert 0.5 * (left + right) == pytest.approx(pixel, abs=0.5), part
    for left, right, top, bottom in shown["texts"]:
        assert left >= -0.5
        assert right <= width + 0.5
        assert top >= -0.5
        assert bottom <= shown["size"][1] + 0.5
    for one, other in combinations(shown["texts"], 2):
        beside = one[1] <= other[0] or other[1] <= one[0]
        assert beside or one[3] <= other[2] + 1.5 or other[3] <= one[2] + 1.5

"""A guard band to scale: every line of the picture is where the closed form puts it."""

import math
import re
import xml.etree.ElementTree as ET
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from testbed.domain.conformity import Limit
from testbed.domain.decision import Uncertainty
from testbed.domain.decision_rule import (
    FOUR_OUTCOMES,
    ILAC_G8,
    SIMPLE,
    UNCRITICAL,
    DecisionRule,
    RuleKind,
    read_rule,
)
from testbed.evaluation.band_drawing import SIDE, Part, place_band
from testbed.evaluation.band_labels import arrange, number_text, text_width
from testbed.evaluation.band_svg import BandWords, band_svg

SVG = "{http://www.w3.org/2000/svg}"
WORDS = BandWords(title="인장강도의 판정 <1>", description="98.0 ± 2.0 & 한계 100", unit="MPa")
BYPR = DecisionRule(kind=RuleKind.PROBABILITY, risk=0.05)


def picture(value, u, low, high, rule, width=640.0, words=WORDS, name="band"):
    uncertainty = None if u is None else Uncertainty(expanded=u)
    limit = Limit(measurand="rm", low=low, high=high)
    band = place_band(value, uncertainty, limit, rule, width=width)
    return band, ET.fromstring(band_svg(band, words, id=name))


def positions(svg):
    """Read the places of all marks back from the picture [px]."""
    found = {}
    for element in svg.iter():
        part = element.get("data-part")
        if part == "value":
            found[part] = float(element.get("cx"))
        elif part and part != "interval":
            assert element.get("x1") == element.get("x2")
            found[part] = float(element.get("x1"))
    return found


def stretches(svg):
    """Read the zones back: kind, start and end [px]."""
    found = []
    for each in svg.iter(f"{SVG}rect"):
        if each.get("data-zone"):
            start = float(each.get("x"))
            found.append((each.get("data-zone"), start, start + float(each.get("width"))))
    return found


# value, U, low, high, rule, and by hand: the ends of the scale, the zones with their bounds.
TABLE = [
    # Marks 96 … 102: six, and 0.6 on either side.
    (98.0, 2.0, None, 100.0, "non-binary 1.00 U", (95.4, 102.6),
     [("accept", 95.4), ("conditional-pass", 98), ("conditional-fail", 100), ("reject", 102)]),
    # Marks 88 … 103.
    (101.0, 2.0, 90.0, 100.0, "non-binary 1.00 U", (86.5, 104.5),
     [("reject", 86.5), ("conditional-fail", 88), ("conditional-pass", 90), ("accept", 92),
      ("conditional-pass", 98), ("conditional-fail", 100), ("reject", 102)]),
    # Marks 490 … 520.
    (515.0, 5.0, 490.0, None, "guarded 1.00 U", (487.0, 523.0),
     [("reject", 487), ("guard", 490), ("accept", 495)]),
    (500.0, 10.0, 490.0, 530.0, "guarded 0.50 U", (486.0, 534.0),
     [("reject", 486), ("guard", 490), ("accept", 495), ("guard", 525), ("reject", 530)]),
    # The allowance lies beyond the tolerance: marks 8 … 12.
    (10.0, 1.0, 9.0, 11.0, "guarded -1.00 U", (7.6, 12.4),
     [("reject", 7.6), ("allowance", 8), ("accept", 9), ("allowance", 11), ("reject", 12)]),
    (10.0, 0.5, 9.0, 11.0, "simple", (8.8, 11.2),
     [("reject", 8.8), ("accept", 9), ("reject", 11)]),
    # The bands meet: one number alone is accepted, and its stretch has no length.
    (10.0, 1.0, 9.0, 11.0, "guarded 1.00 U", (8.8, 11.2),
     [("reject", 8.8), ("guard", 9), ("guard", 10), ("reject", 11)]),
    # Refused: the tolerance is all that is shown.
    (10.0, 2.0, 9.0, 11.0, "guarded 1.00 U", (7.6, 12.4),
     [("beyond", 7.6), ("within", 9), ("beyond", 11)]),
    (10.0, None, 9.0, 11.0, "guarded 1.00 U", (8.8, 11.2),
     [("beyond", 8.8), ("within", 9), ("beyond", 11)]),
    # Unset: limits and bands without a value.
    (None, 0.5, 9.0, 11.0, "guarded 1.00 U", (8.8, 11.2),
     [("reject", 8.8), ("guard", 9), ("accept", 9.5), ("guard", 10.5), ("reject", 11)]),
    (None, None, None, 50.0, "simple", (45.0, 55.0), [("within", 45), ("beyond", 50)]),
    (0.0, 0.0, None, 0.0, "simple", (-1.0, 1.0), [("accept", -1), ("reject", 0)]),
    # A narrow band on a large value, in binary numbers: marks 2**40 - 2**-8 … 2**40 + 2**-8.
    (2.0**40, 2.0**-8, None, 2.0**40, "non-binary 1.00 U",
     (2**40 - Fraction(6, 5) / 2**8, 2**40 + Fraction(6, 5) / 2**8),
     [("accept", 2**40 - Fraction(6, 5) / 2**8), ("conditional-pass", 2**40 - Fraction(1, 2**8)),
      ("conditional-fail", 2**40), ("reject", 2**40 + Fraction(1, 2**8))]),
    # As large as numbers go: marks from one limit to the other.
    (0.0, 2.0**1020, -(2.0**1023), 2.0**1023, "guarded 1.00 U",
     (-(2**1023) * Fraction(6, 5), 2**1023 * Fraction(6, 5)),
     [("reject", -(2**1023) * Fraction(6, 5)), ("guard", -(2**1023)),
      ("accept", -(2**1023) + 2**1020), ("guard", 2**1023 - 2**1020), ("reject", 2**1023)]),
    (3e-320, 1e-320, None, 5e-320, "guarded 1.00 U",
     (Fraction(2e-320) - (Fraction(5e-320) - Fraction(2e-320)) / 10,
      Fraction(5e-320) + (Fraction(5e-320) - Fraction(2e-320)) / 10),
     [("accept", Fraction(2e-320) - (Fraction(5e-320) - Fraction(2e-320)) / 10),
      ("guard", Fraction(5e-320) - Fraction(1e-320)), ("reject", Fraction(5e-320))]),
]  # fmt: skip


@pytest.mark.parametrize("width", [320.0, 640.0, 1203.0])
@pytest.mark.parametrize(("value", "u", "low", "high", "rule", "ends", "zones"), TABLE)
def test_every_line_is_within_half_a_pixel(value, u, low, high, rule, ends, zones, width):
    start, end = (Fraction(each) for each in ends)

    def pixel(number):
        return SIDE + (width - 2 * SIDE) * float((Fraction(number) - start) / (end - start))

    _, svg = picture(value, u, low, high, read_rule(rule), width)
    found = positions(svg)
    expected = {"limit-low": low, "limit-high": high, "value": value}
    if value is not None and u is not None:
        expected["interval-low"] = Fraction(value) - Fraction(u)
        expected["interval-high"] = Fraction(value) + Fraction(u)
    for part, number in expected.items():
        if number is None:
            assert part not in found
        else:
            assert found[part] == pytest.approx(pixel(number), abs=0.5)
    bounds = [pixel(each) for _, each in zones] + [width - SIDE]
    shown = stretches(svg)
    assert [kind for kind, *_ in shown] == [kind for kind, _ in zones]
    for (_, begin, stop), want, then in zip(shown, bounds, bounds[1:], strict=False):
        assert (begin, stop) == (pytest.approx(want, abs=0.5), pytest.approx(then, abs=0.5))


@pytest.mark.parametrize("width", [320.0, 640.0])
@pytest.mark.parametrize(("value", "u", "low", "high", "rule", "ends", "zones"), TABLE)
def test_the_bounds_are_the_limits_less_and_more_r_u(value, u, low, high, rule, ends, zones, width):
    band, svg = picture(value, u, low, high, read_rule(rule), width)
    found = positions(svg)
    start, end = (Fraction(each) for each in ends)
    w = None if zones[-1][0] == "beyond" else Fraction(read_rule(rule).guard) * Fraction(u)
    four = read_rule(rule).kind is RuleKind.NON_BINARY
    for limit, side, sign in ((low, "low", 1), (high, "high", -1)):
        for part, shown, number in (
            (f"accept-{side}", True, lambda limit=limit, sign=sign: Fraction(limit) + sign * w),
            (f"reject-{side}", four, lambda limit=limit, sign=sign: Fraction(limit) - sign * w),
        ):
            if limit is None or w is None or not shown:
                assert part not in found
            else:
                share = float((number() - start) / (end - start))
                pixel = SIDE + (width - 2 * SIDE) * share
                assert found[part] == pytest.approx(pixel, abs=0.5)
    assert [mark.position for mark in band.marks] == sorted(mark.position for mark in band.marks)


def test_a_band_of_a_few_binary_steps_keeps_its_length():
    """At 1e9 the numbers are 1.2e-7 apart, the band is 1e-6: a rounded bound is 15 px off."""
    _, svg = picture(1e9, 1e-6, None, 1e9, FOUR_OUTCOMES)
    found = positions(svg)
    length = (640 - 2 * SIDE) / 2.4
    assert found["limit-high"] - found["accept-high"] == pytest.approx(length, abs=0.5)
    assert found["reject-high"] - found["limit-high"] == pytest.approx(length, abs=0.5)


rules = st.sampled_from([SIMPLE, ILAC_G8, UNCRITICAL, FOUR_OUTCOMES, BYPR,
                         read_rule("guarded 0.83 U"), read_rule("non-binary 2.50 U")])  # fmt: skip
numbers = st.one_of(st.just(0.0), st.floats(1e-6, 1e6), st.floats(-1e6, -1e-6))


@st.composite
def cases(draw):
    low, high = sorted((draw(numbers), draw(numbers)))
    one, other = draw(st.sampled_from([(low, high), (None, high), (low, None)]))
    value = draw(st.one_of(st.none(), numbers))
    u = draw(st.one_of(st.none(), st.just(0.0), st.floats(1e-6, 1e5)))
    return value, u, one, other, draw(rules)


@given(cases(), st.floats(160, 2000))
def test_zones_tile_the_scale_and_all_is_inside(case, width):
    band, svg = picture(*case, width)
    assert band.zones[0].start == SIDE
    assert band.zones[-1].end == width - SIDE
    for one, other in zip(band.zones, band.zones[1:], strict=False):
        assert one.end == other.start
    for place in positions(svg).values():
        assert SIDE - 0.01 <= place <= width - SIDE + 0.01


@given(cases())
def test_the_value_lies_in_the_zone_of_its_verdict(case):
    band, _ = picture(*case)
    value = band.mark(Part.VALUE)
    if value is None or band.decision.outcome == "refused":
        return
    kinds = {
        "pass": {"accept", "allowance"},
        "conditional_pass": {"conditional-pass"},
        "conditional_fail": {"conditional-fail"},
        "fail": {"reject", "guard"},
    }[band.decision.outcome]
    near = [z.kind for z in band.zones
            if z.start - 1e-6 <= value.position <= z.end + 1e-6]  # fmt: skip
    # A stretch without length on the scale, such as one accepted number, has no zone.
    touching = {mark.position for mark in band.marks if mark.part is not Part.VALUE}
    assert kinds & set(near) or min(abs(value.position - each) for each in touching) < 1e-6


@given(cases(), st.sampled_from([2.0**-20, 8.0, 2.0**30]))
def test_another_unit_draws_the_same_picture(case, factor):
    value, u, low, high, rule = case
    # Where all is zero the scale is one unit wide, whatever the unit.
    assume(any((value, u, low, high)))
    scaled = [None if each is None else each * factor for each in (value, u, low, high)]
    one, other = picture(*case)[1], picture(*scaled, rule)[1]
    assert positions(one) == positions(other)
    assert stretches(one) == stretches(other)


@given(cases(), st.sampled_from([320.0, 640.0]))
def test_labels_are_inside_and_none_upon_another(case, width):
    _, svg = picture(*case, width)
    boxes = []
    for text in svg.iter(f"{SVG}text"):
        middle, half = float(text.get("x")), 0.5 * text_width(text.text)
        assert middle - half >= -0.01
        assert middle + half <= width + 0.01
        boxes.append((middle - half, middle + half, float(text.get("y"))))
    height = float(svg.get("height"))
    for at, (start, end, base) in enumerate(boxes):
        assert 10.0 <= base <= height - 2.0
        for other_start, other_end, other_base in boxes[at + 1 :]:
            apart = other_start >= end or start >= other_end
            assert apart or abs(base - other_base) >= 14.0


@given(st.lists(st.tuples(st.sampled_from(["TL 100", "AL 99.9583", "x 1 ± 2 MPa"]),
                          st.floats(12, 308)), max_size=4))  # fmt: skip
def test_no_pole_goes_through_a_label_that_fits_beside(wanted):
    labels = arrange(wanted, 320.0)
    assert sorted((label.text, label.mark) for label in labels) == sorted(wanted)
    for near in labels:
        for far in labels:
            if far.row > near.row:
                assert not near.start < far.mark < near.end


def test_labels_too_long_for_any_way_around_still_do_not_meet():
    labels = arrange([("가" * 20, 150.0), ("나" * 20, 160.0), ("다" * 20, 170.0)], 320.0)
    assert sorted(label.row for label in labels) == [0, 1, 2]


def test_labels_say_the_numbers():
    _, svg = picture(98.0, 2.0, None, 100.0, ILAC_G8)
    texts = [each.text for each in svg.iter(f"{SVG}text")]
    assert texts == ["TL 100", "AL 98", "x 98 ± 2 MPa"]
    _, svg = picture(5.0, 0.0, 5.0, 5.0, SIMPLE)
    assert [each.text for each in svg.iter(f"{SVG}text")] == ["TL 5", "x 5 ± 0 MPa"]


@pytest.mark.parametrize(
    ("number", "span", "text"),
    [
        (100.0, 7.2, "100"),
        (99.9583, 0.2, "99.9583"),
        (1e9 + 1e-6, 4e-6, "1000000000.000001"),
        (0.0, 1.0, "0"),
        (1e308, 1e308, "1e+308"),
        (736.2934, 300.0, "736.3"),
        (-0.00123456, 1.0, "-0.001235"),
        (5.0, 0.0, "5"),
    ],
)
def test_a_number_shows_what_can_be_seen(number, span, text):
    assert number_text(Fraction(number), Fraction(span)) == text


def test_the_picture_is_plain_and_says_what_it_shows():
    band, svg = picture(98.0, 2.0, 90.0, 100.0, FOUR_OUTCOMES, name="rm-1")
    text = band_svg(band, WORDS, id="rm-1")
    assert not re.search(r"<script|<style|style=|\son\w+=|href|javascript|#[0-9a-f]{3,6}\b", text)
    assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', text)) <= {
        "currentColor", "none", "url(#rm-1-hatch)",
    }  # fmt: skip
    assert svg.get("role") == "img"
    assert svg.get("aria-labelledby") == "rm-1-title rm-1-description"
    assert svg.find(f"{SVG}title").text == WORDS.title
    assert svg.find(f"{SVG}desc").text == WORDS.description
    ids = [each.get("id") for each in svg.iter() if each.get("id")]
    assert len(ids) == len(set(ids)) == 4
    assert all(each.startswith("rm-1") for each in ids)
    assert svg.get("viewBox") == f"0 0 640 {svg.get('height')}"


def test_words_are_those_of_the_reader():
    words = BandWords(title="t", description="d", limit="한계 <", accept="합격", value="값")
    _, svg = picture(98.0, 2.0, None, 100.0, ILAC_G8, words=words)
    assert [e.text for e in svg.iter(f"{SVG}text")] == ["한계 < 100", "합격 98", "값 98 ± 2"]


@pytest.mark.parametrize("width", [0.0, -5.0, 159.9, math.nan, math.inf])
def test_a_picture_without_room_is_refused(width):
    with pytest.raises(ValueError, match="px"):
        picture(1.0, 1.0, None, 2.0, SIMPLE, width)


@pytest.mark.parametrize("name", ["", "1a", 'a"', "a b", "a<"])
def test_an_id_that_would_break_the_page_is_refused(name):
    with pytest.raises(ValueError, match="ids"):
        picture(1.0, 1.0, None, 2.0, SIMPLE, name=name)

"""Statements of conformity: the bounds to one ulp, the risks, and the laws that all rules keep."""

import json
import math
from fractions import Fraction
from statistics import NormalDist

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from testbed.domain.conformity import Limit, Outcome
from testbed.domain.decision import Uncertainty, Why, decide
from testbed.domain.decision_rule import (
    FOUR_OUTCOMES,
    ILAC_G8,
    ISO_14253_1,
    SIMPLE,
    SIX_SIGMA,
    THREE_SIGMA,
    UNCRITICAL,
    DecisionRule,
    RuleKind,
)
from tests.norms.reference import reference

PASS, FAIL = Outcome.PASS, Outcome.FAIL
CONDITIONAL_PASS = Outcome.CONDITIONAL_PASS
CONDITIONAL_FAIL = Outcome.CONDITIONAL_FAIL
REFUSED = Outcome.REFUSED


def at_most(high):
    return Limit(measurand="x", high=high)


def at_least(low):
    return Limit(measurand="x", low=low)


def between(low, high):
    return Limit(measurand="x", low=low, high=high)


def guarded(r, **conditions):
    return DecisionRule(kind=RuleKind.GUARDED, guard=r, **conditions)


def non_binary(r):
    return DecisionRule(kind=RuleKind.NON_BINARY, guard=r)


def by_probability(risk):
    return DecisionRule(kind=RuleKind.PROBABILITY, risk=risk)


def found(value, expanded, limit, rule, **more):
    return decide(value, Uncertainty(expanded=expanded, **more), limit, rule)


def up(number):
    return math.nextafter(number, math.inf)


def down(number):
    return math.nextafter(number, -math.inf)


# Sizes as they occur; far from the subnormal numbers, where scaling by two is no longer exact.
sizes = st.floats(1e-9, 1e9)
values = st.one_of(st.floats(-1e9, -1e-9), sizes, st.just(0.0))
multiples = st.one_of(st.sampled_from([3.0, 1.5, 1.0, 0.83, 0.0, -1.0]), st.floats(-4, 4))
risks = st.sampled_from([0.001, 0.025, 0.05, 0.2, 0.5, 0.8])
rules = st.one_of(
    st.just(SIMPLE),
    multiples.map(guarded),
    st.floats(0.01, 4).map(non_binary),
    risks.map(by_probability),
)
banded_rules = st.one_of(
    st.just(SIMPLE), multiples.map(guarded), st.floats(0.01, 4).map(non_binary)
)


@st.composite
def limits(draw):
    low, high = sorted((draw(values), draw(values)))
    return draw(st.sampled_from([at_most(high), at_least(low), between(low, high)]))


@st.composite
def near(draw, limit):
    """A value in the neighbourhood of a limit."""
    end = draw(st.sampled_from([each for each in (limit.low, limit.high) if each is not None]))
    return end + draw(st.floats(-1, 1)) * draw(sizes)


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        (98.0, PASS),
        (up(98.0), CONDITIONAL_PASS),
        (98.0001, CONDITIONAL_PASS),
        (100.0, CONDITIONAL_PASS),
        (up(100.0), CONDITIONAL_FAIL),
        (100.0001, CONDITIONAL_FAIL),
        (102.0, CONDITIONAL_FAIL),
        (up(102.0), FAIL),
        (102.0001, FAIL),
        (-1e300, PASS),
        (1e300, FAIL),
    ],
)
def test_the_four_outcomes_of_an_upper_limit_of_100_with_u_of_2(value, outcome):
    """ILAC-G8:09/2019, 4.2.3: each bound belongs to the better outcome."""
    assert found(value, 2.0, at_most(100.0), FOUR_OUTCOMES).outcome is outcome
    assert found(-value, 2.0, at_least(-100.0), FOUR_OUTCOMES).outcome is outcome


@pytest.mark.parametrize(
    ("row", "rule"),
    list(enumerate([SIX_SIGMA, THREE_SIGMA, ILAC_G8, ISO_14253_1, SIMPLE])),
)
def test_the_risk_of_a_value_on_the_acceptance_limit_keeps_the_bound_of_table_1(row, rule):
    """ILAC-G8:09/2019, Table 1: one-sided limit, normal, u = U/2."""
    path = reference("gum", "acceptance_values.json")
    table = json.loads(path.read_text(encoding="utf-8"))["ILAC_G8_guard_band"]
    assert table["w_over_U"][row] == rule.guard
    text = table["table_PFA_upper_bound"][row].removeprefix("<")
    bound = float(text.split()[0]) * {"ppm": 1e-6, "%": 1e-2}[text.split()[1]]
    decision = found(10.0 - rule.guard, 1.0, at_most(10.0), rule)
    on_limit = found(decision.accept_high, 1.0, at_most(10.0), rule)
    assert on_limit.outcome is PASS
    assert on_limit.false_acceptance == pytest.approx(table["computed_PFA"][row], rel=2e-3)
    # The table says "less than"; simple acceptance reaches its 50 % exactly on the limit.
    assert on_limit.false_acceptance < bound or (rule is SIMPLE and on_limit.outside == bound)


@pytest.mark.parametrize(
    ("rule", "pfa", "bound"),
    [
        # 1 - Phi(2 r), Abramowitz and Stegun, Table 26.1; the bounds are those of Table 1.
        (SIX_SIGMA, 9.865876e-10, 1e-6),
        (THREE_SIGMA, 1.349898e-3, 0.0016),
        (ILAC_G8, 2.275013e-2, 0.025),
        (ISO_14253_1, 4.845723e-2, 0.05),
    ],
)
def test_the_risks_of_the_named_rules(rule, pfa, bound):
    edge = found(0.0, 2.0, at_most(100.0), rule).accept_high
    decision = found(edge, 2.0, at_most(100.0), rule)
    assert decision.outcome is PASS
    assert decision.false_acceptance == pytest.approx(pfa, rel=1e-6)
    assert decision.false_acceptance < bound
    assert decision.false_rejection is None


def test_an_uncritical_rule_fails_only_what_is_hardly_inside():
    """ILAC-G8:09/2019, Table 1: the risk of a false rejection is below 2.5 %."""
    decision = found(up(102.0), 2.0, at_most(100.0), UNCRITICAL)
    assert (decision.outcome, decision.accept_high, decision.guard_band) == (FAIL, 102.0, -2.0)
    assert decision.false_rejection == pytest.approx(0.0227501, abs=1e-7)
    assert decision.false_acceptance is None
    assert found(102.0, 2.0, at_most(100.0), UNCRITICAL).outcome is PASS


def test_decimals_are_not_what_they_look_like():
    """0.3 is stored below and 0.1 above what is written, so 0.2 is not within their difference."""
    exact = Fraction(0.3) - Fraction(0.1)
    assert Fraction(0.2) > exact
    assert found(0.2, 0.1, at_most(0.3), ILAC_G8).outcome is FAIL
    decision = found(down(0.2), 0.1, at_most(0.3), ILAC_G8)
    assert (decision.outcome, decision.accept_high) == (PASS, 0.3 - 0.1)
    assert Fraction(decision.accept_high) <= exact < Fraction(up(decision.accept_high))


def test_a_rounded_difference_does_not_move_a_verdict():
    """1 less 2**-60 rounds to 1, yet 1 lies outside it; the same beyond for the other signs."""
    limit, tiny = at_most(1.0), 2.0**-60
    assert 1.0 - tiny == 1.0
    assert found(1.0, tiny, limit, ILAC_G8).outcome is FAIL
    assert found(down(1.0), tiny, limit, ILAC_G8).outcome is PASS
    assert found(1.0, tiny, limit, UNCRITICAL).outcome is PASS
    assert found(up(1.0), tiny, limit, UNCRITICAL).outcome is FAIL
    assert found(up(1.0), tiny, limit, FOUR_OUTCOMES).outcome is FAIL


@given(limits(), st.one_of(st.just(0.0), sizes), rules, st.sampled_from([math.inf, 3.0, 50.5]))
def test_a_value_on_an_acceptance_limit_passes_and_its_neighbour_does_not(limit, u, rule, dof):
    decision = found(0.0, u, limit, rule, dof=dof)
    assume(decision.outcome is not REFUSED)
    if decision.accept_high is not None:
        assert found(decision.accept_high, u, limit, rule, dof=dof).outcome is PASS
        assert found(up(decision.accept_high), u, limit, rule, dof=dof).outcome is not PASS
    if decision.accept_low is not None:
        assert found(decision.accept_low, u, limit, rule, dof=dof).outcome is PASS
        assert found(down(decision.accept_low), u, limit, rule, dof=dof).outcome is not PASS


@given(limits(), sizes, st.floats(0.01, 4))
def test_each_bound_of_four_outcomes_belongs_to_the_better_one(limit, u, r):
    decision = found(0.0, u, limit, non_binary(r))
    assume(decision.outcome is not REFUSED)
    for end, reject, out in (
        (limit.high, decision.reject_high, up),
        (limit.low, decision.reject_low, down),
    ):
        if end is None:
            assert reject is None
            continue
        # A band below one ulp of the limit leaves no number for the conditional pass beyond it.
        assert found(end, u, limit, non_binary(r)).outcome in (CONDITIONAL_PASS, PASS)
        last = found(reject, u, limit, non_binary(r)).outcome
        assert last is CONDITIONAL_FAIL or (reject == end and last is CONDITIONAL_PASS)
        assert found(out(reject), u, limit, non_binary(r)).outcome is FAIL


@given(limits(), sizes, banded_rules, st.data())
def test_the_verdict_is_that_of_exact_arithmetic(limit, u, rule, data):
    value = data.draw(near(limit))
    decision = found(value, u, limit, rule)
    assume(decision.outcome is not REFUSED)
    x, w = Fraction(value), Fraction(rule.guard) * Fraction(u)
    room = min(
        *(Fraction(limit.high) - x for _ in [0] if limit.high is not None),
        *(x - Fraction(limit.low) for _ in [0] if limit.low is not None),
        Fraction(10) ** 400,
    )
    if rule.kind is RuleKind.NON_BINARY:
        expected = (
            PASS if room >= w
            else CONDITIONAL_PASS if room >= 0
            else CONDITIONAL_FAIL if room >= -w
            else FAIL
        )  # fmt: skip
    else:
        expected = PASS if room >= w else FAIL
    assert decision.outcome is expected


@given(limits(), sizes, rules, st.data(), st.integers(-60, 60))
def test_a_power_of_two_as_unit_changes_nothing(limit, u, rule, data, power):
    value, factor = data.draw(near(limit)), 2.0**power
    scaled = Limit(
        measurand="x",
        low=None if limit.low is None else limit.low * factor,
        high=None if limit.high is None else limit.high * factor,
    )
    one, other = found(value, u, limit, rule), found(value * factor, u * factor, scaled, rule)
    assert (one.outcome, one.why) == (other.outcome, other.why)
    assert (one.inside, one.outside) == (other.inside, other.outside)
    if one.accept_high is not None:
        assert one.accept_high * factor == other.accept_high


@given(limits(), sizes, rules, st.data(), st.sampled_from([math.inf, 4.2]))
def test_a_lower_limit_is_the_mirror_image_of_an_upper_one(limit, u, rule, data, dof):
    value = data.draw(near(limit))
    image = Limit(
        measurand="x",
        low=None if limit.high is None else -limit.high,
        high=None if limit.low is None else -limit.low,
    )
    one = found(value, u, limit, rule, dof=dof)
    other = found(-value, u, image, rule, dof=dof)
    assert (one.outcome, one.why) == (other.outcome, other.why)
    assert (one.inside, one.outside) == (other.inside, other.outside)
    assert one.accept_high == (None if other.accept_low is None else -other.accept_low)
    assert one.reject_low == (None if other.reject_high is None else -other.reject_high)


@given(limits(), sizes, st.floats(1, 100), st.floats(0, 4), st.data())
def test_more_uncertainty_makes_no_failure_a_pass(limit, u, times, r, data):
    value = data.draw(near(limit))
    before = found(value, u, limit, guarded(r)).outcome
    after = found(value, u * times, limit, guarded(r)).outcome
    assert not (before is FAIL and after is PASS)
    if r > 0 and after is PASS:
        assert before is PASS


@given(limits(), sizes, st.floats(0, 3), st.floats(0, 3), st.data())
def test_a_wider_guard_band_makes_no_failure_a_pass(limit, u, r, more, data):
    value = data.draw(near(limit))
    assert not (
        found(value, u, limit, guarded(r)).outcome is FAIL
        and found(value, u, limit, guarded(r + more)).outcome is PASS
    )


@given(st.floats(0.05, 3), st.floats(-8, 8), st.sampled_from([1.0, 0.01, 2048.0]))
def test_by_probability_is_a_guard_band_for_one_limit_and_the_normal(r, steps, u):
    """JCGM 106:2012, 8.3.2: with alpha = 1 - Phi(2 r) both rules say the same."""
    alpha = 0.5 * math.erfc(2 * r / math.sqrt(2))
    value = 5.0 * u - steps * u / 2
    assume(abs(steps - 2 * r) > 1e-9)
    for limit, x in ((at_most(5.0 * u), value), (at_least(-5.0 * u), -value)):
        one, other = found(x, u, limit, by_probability(alpha)), found(x, u, limit, guarded(r))
        assert one.outcome is other.outcome
        assert one.guard_band == pytest.approx(other.guard_band, rel=1e-9)


@given(limits(), sizes, risks, st.data(), st.sampled_from([math.inf, 3.0, 11.5]))
def test_by_probability_passes_exactly_what_its_risk_allows(limit, u, risk, data, dof):
    decision = found(data.draw(near(limit)), u, limit, by_probability(risk), dof=dof)
    assume(decision.outcome is not REFUSED)
    assert (decision.outcome is PASS) is (decision.outside <= risk)


@pytest.mark.parametrize(
    ("value", "u", "limit", "inside"),
    [
        # Phi(2) - Phi(-2), Phi(3) - Phi(1), 1/2 less Phi(-10), Phi(1); Abramowitz, Table 26.1.
        (10.0, 1.0, between(9.0, 11.0), 0.954499736103642),
        (11.5, 1.0, between(12.0, 13.0), 0.157305355899827),
        (9.0, 0.4, between(9.0, 11.0), 0.5),
        (1.0, 2.0, at_most(2.0), 0.841344746068543),
        (1.0, 2.0, at_least(2.0), 0.158655253931457),
    ],
)
def test_the_probability_of_conformity_is_the_printed_one(value, u, limit, inside):
    """JCGM 106:2012, equation (7), with U = 2 u."""
    decision = found(value, u, limit, SIMPLE)
    assert decision.inside == pytest.approx(inside, abs=2e-15)
    assert decision.inside + decision.outside == pytest.approx(1.0, abs=1e-15)


def test_the_example_of_a_breakdown_voltage():
    """JCGM 106:2012, 7.3 Example 1: limit -5.4 V, best estimate -5.47 V, u = 0.05 V: 92 %."""
    decision = decide(-5.47, Uncertainty.of_standard(0.05), at_most(-5.4), by_probability(0.05))
    assert round(decision.inside, 2) == 0.92
    assert decision.outcome is FAIL
    assert decision.false_rejection == decision.inside


def test_few_degrees_of_freedom_make_the_risk_larger():
    """One degree: half plus arctan over pi, z = 2; GUM G.3.2 takes t for the normal."""
    decision = found(8.0, 2.0, at_most(10.0), ILAC_G8, dof=1.0)
    assert decision.false_acceptance == pytest.approx(math.atan(0.5) / math.pi, abs=1e-15)
    assert found(8.0, 2.0, at_most(10.0), ILAC_G8, dof=10.0).outside == pytest.approx(
        0.036694017385370, abs=1e-12
    )


def test_the_coverage_factor_leads_from_u_expanded_to_u():
    decision = found(8.0, 3.31, at_most(10.0), SIMPLE, k=3.31, dof=3.0)
    assert decision.outside == found(8.0, 2.0, at_most(10.0), SIMPLE, dof=3.0).outside
    assert Uncertainty.of_standard(0.5, k=2.5).expanded == 1.25
    assert Uncertainty(expanded=1.0).standard == 0.5


def test_a_value_that_is_exact_is_inside_or_not():
    for value, inside in ((10.0, 1.0), (up(10.0), 0.0), (0.0, 1.0)):
        for rule in (SIMPLE, ILAC_G8, FOUR_OUTCOMES, by_probability(0.05)):
            decision = found(value, 0.0, at_most(10.0), rule)
            assert (decision.inside, decision.outside) == (inside, 1.0 - inside)
            assert decision.outcome is (PASS if inside else FAIL)
            assert decision.accept_high == 10.0


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("uncertainty", [None, Uncertainty(expanded=2.0)])
def test_a_value_that_is_unset_fails(value, uncertainty):
    decision = decide(value, uncertainty, at_most(100.0), ILAC_G8)
    assert (decision.outcome, decision.why) == (FAIL, Why.UNSET)
    assert decision.inside is decision.false_rejection is None
    assert decision.accept_high == (None if uncertainty is None else 98.0)


@pytest.mark.parametrize("rule", [SIMPLE, ILAC_G8, FOUR_OUTCOMES, by_probability(0.05)])
def test_a_limit_without_an_uncertainty_is_not_judged(rule):
    decision = decide(50.0, None, at_most(100.0), rule)
    assert (decision.outcome, decision.why) == (REFUSED, "no-uncertainty")
    assert decision.false_acceptance is decision.accept_high is decision.guard_band is None


def test_a_guard_band_that_leaves_no_acceptance_is_refused():
    assert found(10.0, 1.0, between(9.0, 11.0), ILAC_G8).outcome is PASS
    assert found(up(10.0), 1.0, between(9.0, 11.0), ILAC_G8).outcome is FAIL
    for rule in (ILAC_G8, FOUR_OUTCOMES):
        for value in (10.0, 0.0, 100.0):
            decision = found(value, up(1.0), between(9.0, 11.0), rule)
            assert (decision.outcome, decision.why) == (REFUSED, "guard-too-wide")
    assert found(10.0, 1.0, between(9.0, 11.0), by_probability(0.0455)).outcome is REFUSED
    assert found(10.0, 1.0, between(9.0, 11.0), by_probability(0.0456)).outcome is PASS
    assert found(5.0, 1.0, between(5.0, 5.0), SIMPLE).outcome is PASS


@pytest.mark.parametrize("rule", [SIMPLE, ILAC_G8, by_probability(0.05)])
def test_the_conditions_of_a_rule_come_first(rule):
    plain = rule.plain()
    limit = between(90.0, 110.0)

    def under(expanded, **conditions):
        asked = DecisionRule.from_plain({**plain, **conditions})
        return found(100.0, expanded, limit, asked)

    assert under(2.0, u_max=2.0).outcome is PASS
    assert under(up(2.0), u_max=2.0).why == "uncertainty-too-large"
    assert under(2.5, tur_min=4.0).outcome is PASS
    assert under(up(2.5), tur_min=4.0).why == "tur-too-small"
    assert under(0.0, tur_min=4.0).outcome is PASS
    assert under(up(2.5), tur_min=4.0).inside is not None


def test_one_limit_alone_has_no_ratio():
    for limit in (at_most(1.0), at_least(1.0)):
        decision = found(1.0, 0.1, limit, guarded(1.0, tur_min=3.0))
        assert (decision.outcome, decision.why) == (REFUSED, "tur-undefined")


def test_a_tail_too_heavy_for_the_risk_is_refused():
    rule = by_probability(1e-300)
    assert found(0.0, 4.0, at_most(1.0), rule, dof=0.1).why == "guard-too-wide"


def test_numbers_at_the_end_of_the_range_are_decided():
    for u in (1e308, 5e-324):
        for rule in (SIX_SIGMA, UNCRITICAL, FOUR_OUTCOMES, by_probability(0.05)):
            for limit in (at_most(1.7e308), at_least(-1.7e308), at_most(5e-324)):
                assert found(0.0, u, limit, rule).outcome in Outcome
    assert found(-1.7e308, 1e308, at_most(-1e308), SIX_SIGMA).accept_high == -math.inf


@pytest.mark.parametrize(
    "parts",
    [{"expanded": -1.0}, {"expanded": math.nan}, {"expanded": math.inf},
     {"expanded": 1.0, "k": 0.0}, {"expanded": 1.0, "k": math.inf},
     {"expanded": 1.0, "dof": 0.0}, {"expanded": 1.0, "dof": math.nan}],
)  # fmt: skip
def test_an_uncertainty_that_is_none_is_refused(parts):
    with pytest.raises(ValueError, match=r"uncertainty|coverage|degrees"):
        Uncertainty(**parts)


def test_the_normal_of_the_library_agrees():
    normal = NormalDist()
    for steps in (-3.0, -0.4, 0.0, 1.1, 2.7):
        decision = found(10.0 - steps, 2.0, at_most(10.0), SIMPLE)
        assert decision.inside == pytest.approx(normal.cdf(steps), abs=1e-15)

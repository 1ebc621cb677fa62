"""Decision rules as text and as plain data; nonsense is refused by name."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.domain.decision_rule import (
    FOUR_OUTCOMES,
    ILAC_G8,
    ISO_14253_1,
    NAMED_RULES,
    SIMPLE,
    SIX_SIGMA,
    THREE_SIGMA,
    UNCRITICAL,
    DecisionRule,
    RuleKind,
    read_rule,
)

conditions = st.fixed_dictionaries(
    {},
    optional={
        "u_max": st.floats(0, 1e300, exclude_min=True),
        "tur_min": st.floats(0, 1e6, exclude_min=True),
    },
)
rules = st.one_of(
    st.builds(lambda c: DecisionRule(kind=RuleKind.SIMPLE, **c), conditions),
    st.builds(
        lambda r, c: DecisionRule(kind=RuleKind.GUARDED, guard=r, **c),
        st.floats(-10, 10),
        conditions,
    ),
    st.builds(
        lambda r, c: DecisionRule(kind=RuleKind.NON_BINARY, guard=r, **c),
        st.floats(0, 10, exclude_min=True),
        conditions,
    ),
    st.builds(
        lambda a, c: DecisionRule(kind=RuleKind.PROBABILITY, risk=a, **c),
        st.floats(0, 1, exclude_min=True, exclude_max=True),
        conditions,
    ),
)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (SIMPLE, "simple"),
        (SIX_SIGMA, "guarded 3.00 U"),
        (THREE_SIGMA, "guarded 1.50 U"),
        (ILAC_G8, "guarded 1.00 U"),
        (ISO_14253_1, "guarded 0.83 U"),
        (UNCRITICAL, "guarded -1.00 U"),
        (FOUR_OUTCOMES, "non-binary 1.00 U"),
        (DecisionRule(kind=RuleKind.GUARDED, guard=1 / 3), "guarded 0.3333333333333333 U"),
        (DecisionRule(kind=RuleKind.GUARDED, guard=-0.0), "guarded 0.00 U"),
        (DecisionRule(kind=RuleKind.PROBABILITY, risk=0.025), "by probability 0.025"),
        (
            DecisionRule(kind=RuleKind.SIMPLE, u_max=0.5, tur_min=3.0),
            "simple, U <= 0.5, TUR >= 3.0",
        ),
    ],
)
def test_a_rule_is_written_and_read(rule, text):
    assert str(rule) == text
    assert read_rule(text) == rule


@given(rules)
def test_text_and_json_bring_a_rule_back_to_the_bit(rule):
    assert read_rule(str(rule)) == rule
    assert DecisionRule.from_plain(json.loads(json.dumps(rule.plain()))) == rule
    assert str(read_rule(str(rule))) == str(rule)


def test_people_write_rules_in_their_own_way():
    assert read_rule("  Guarded  1 U ") == ILAC_G8
    assert read_rule("ILAC-G8, tur >= 4") == DecisionRule(
        kind=RuleKind.GUARDED, guard=1.0, tur_min=4.0
    )
    assert read_rule("guarded +.5e0 U,U <= 2") == DecisionRule(
        kind=RuleKind.GUARDED, guard=0.5, u_max=2.0
    )
    assert {name: read_rule(name) for name in NAMED_RULES} == dict(NAMED_RULES)


def test_plain_data_may_leave_out_what_is_not_asked():
    assert DecisionRule.from_plain({"kind": "guarded", "guard": 1}) == ILAC_G8
    assert type(DecisionRule.from_plain({"kind": "guarded", "guard": 1}).guard) is float


@pytest.mark.parametrize(
    "text",
    ["", "guarded", "guarded U", "guarded 1.00", "guarded one U", "guarded nan U", "guarded inf U",
     "non-binary 0 U", "non-binary -1 U", "by probability 0", "by probability 1", "simple 1.00 U",
     "by probability 1.5", "by probability 5 %", "guarded 1e999 U", "simple, U <= 0",
     "simple, TUR >= -1", "simple, U <= 1, U <= 2", "simple, U < 1", "simple,", "simpler",
     "guarded 1.00 U guarded 1.00 U", "by probability -0.1", "guarded 1_0 U"],
)  # fmt: skip
def test_a_text_that_is_no_rule_is_refused(text):
    with pytest.raises(ValueError, match=r"rule|band|risk|condition|multiple"):
        read_rule(text)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"kind": RuleKind.SIMPLE, "guard": 1.0}, "no guard band"),
        ({"kind": RuleKind.PROBABILITY}, "risk"),
        ({"kind": RuleKind.PROBABILITY, "risk": 0.05, "guard": 1.0}, "no guard band"),
        ({"kind": RuleKind.PROBABILITY, "risk": math.nan}, "between 0 and 1"),
        ({"kind": RuleKind.GUARDED, "guard": 1.0, "risk": 0.05}, "risk"),
        ({"kind": RuleKind.GUARDED, "guard": math.nan}, "finite"),
        ({"kind": RuleKind.NON_BINARY}, "above 0"),
        ({"kind": RuleKind.SIMPLE, "u_max": math.inf}, "condition on U"),
        ({"kind": RuleKind.SIMPLE, "u_max": 0.0}, "condition on U"),
        ({"kind": RuleKind.SIMPLE, "tur_min": math.nan}, "condition on TUR"),
    ],
)
def test_parts_that_make_no_rule_are_refused(parts, said):
    with pytest.raises(ValueError, match=said):
        DecisionRule(**parts)


@pytest.mark.parametrize(
    "plain",
    [{}, {"guard": 1.0}, {"kind": "guarded", "band": 1.0}, {"kind": "wide"}, {"kind": 3},
     {"kind": "guarded", "guard": "1"}, {"kind": "guarded", "guard": None},
     {"kind": "guarded", "guard": True}, {"kind": "by probability", "risk": "5 %"}],
)  # fmt: skip
def test_plain_data_that_make_no_rule_are_refused(plain):
    with pytest.raises(ValueError, match=r"rule|RuleKind|not a number|valid"):
        DecisionRule.from_plain(plain)

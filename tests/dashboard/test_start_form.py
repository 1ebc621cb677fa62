"""The decision rule goes into the command that starts a run; no browser."""

from types import SimpleNamespace

import pytest
from dash import html

from dashboard.pages import start
from testbed.domain.conformity import Limit
from testbed.domain.decision_rule import ILAC_G8, ISO_14253_1, SIMPLE, read_rule
from testbed.i18n import words
from testbed.methods.iso_6892_1 import TensileTest

SHELL = SimpleNamespace(testbed=SimpleNamespace(methods=lambda: {TensileTest.id: TensileTest}))


def chooser(locale: str):
    fields = html.Div(start._fields(TensileTest, words(locale)))
    found = fields["start-rule"]
    return found


@pytest.mark.parametrize("locale", ["ko", "en"])
def test_the_form_offers_rules_beside_the_limits_and_begins_with_the_simple_one(locale):
    field = chooser(locale)
    assert field.value == "simple"
    offered = [read_rule(each["value"]) for each in field.data]
    assert offered[:3] == [SIMPLE, ILAC_G8, ISO_14253_1]
    assert [str(each) for each in offered[3:]] == ["non-binary 1.00 U", "by probability 0.05"]
    assert len({each["label"] for each in field.data}) == 5


@pytest.mark.parametrize("place", range(5))
def test_the_rule_that_was_chosen_is_that_of_the_run(place):
    chosen = chooser("en").data[place]["value"]
    command = start._command(
        SHELL, "B-1", TensileTest.id, {"s0": "40 mm2"}, {"rm/low": "490", "rm/high": ""}, chosen
    )
    assert command.rule == read_rule(chosen)
    assert command.limits == (Limit(measurand="rm", low=490.0, source="order"),)


def test_what_is_no_rule_starts_nothing():
    with pytest.raises(ValueError, match="no decision rule"):
        start._command(SHELL, "B-1", TensileTest.id, {}, {}, "as it suits")

"""A verdict that can be given can be read, seen and searched for, and none is lost on the way."""

import json
from itertools import product

import pytest
from click.testing import CliRunner

from dashboard.pages.chips import outcome_chip
from testbed.adapters.run_json import read_result
from testbed.cli.finding import search
from testbed.domain.conformity import Outcome, verdict
from testbed.domain.decision import Why
from testbed.i18n import words
from testbed.services.searching import FACETS

RUN_IS_WORTH = ["not_judged", "pass", "conditional_pass", "conditional_fail", "refused", "fail"]


@pytest.mark.parametrize("locale", ["ko", "en"])
def test_every_verdict_and_every_refusal_has_words_of_its_own(locale):
    said = words(locale)
    codes = [f"outcome.{each}" for each in Outcome]
    codes += [f"reason.{each}" for each in Why if each is not Why.UNSET]
    assert [code for code in codes if not said.knows(code)] == []
    assert len({said(code) for code in codes}) == len(codes)


def test_every_verdict_is_seen_by_words_and_by_a_mark():
    looks = set()
    for outcome in Outcome:
        shown = outcome_chip(outcome, words("ko"))
        assert shown.children[1] == words("ko")(f"outcome.{outcome}")
        looks.add((shown.className, shown.children[0].className))
    assert len(looks) == len(Outcome)


def test_every_verdict_can_be_searched_for():
    assert set(FACETS["outcome"]) == set(Outcome)
    told = CliRunner().invoke(search, ["--help"]).output
    assert [each for each in Outcome if each not in told] == []


def test_every_verdict_is_kept_with_a_run():
    for outcome in Outcome:
        row = {"measurand": "rm", "symbol": "Rm", "unit": "MPa", "value": 1.0, "rounded": "1",
               "limit": None, "outcome": outcome}  # fmt: skip
        assert read_result(json.dumps({"judgements": [row]}))[0][0].outcome is outcome


def test_a_run_is_as_good_as_its_worst_row():
    for one, other in product(RUN_IS_WORTH, repeat=2):
        worse = max(one, other, key=RUN_IS_WORTH.index)
        rows = [Outcome(one), Outcome(other), Outcome("not_judged")]
        assert verdict(rows, completed=True, valid=True) == worse
        assert verdict(reversed(rows), completed=True, valid=True) == worse
        assert verdict(rows, completed=False, valid=True) is Outcome.INVALID
        assert verdict(rows, completed=True, valid=False) is Outcome.INVALID
    assert set(RUN_IS_WORTH) | {"invalid"} == set(Outcome)
    assert verdict([], completed=True, valid=True) is Outcome.NOT_JUDGED

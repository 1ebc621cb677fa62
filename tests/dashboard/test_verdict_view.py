"""What the page of a run says of a value, its uncertainty and its verdict; no browser."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from dash import html
from dash.development.base_component import Component

from dashboard.components import Picture
from dashboard.pages import budget_view, verdict_view
from dashboard.pages.budget_view import budget_details
from dashboard.pages.decision_view import agreed_rule, decision_details
from testbed.cli.verdicts import verdict_table
from testbed.domain.conformity import Limit, Outcome
from testbed.domain.decision import Uncertainty, Why, decide
from testbed.domain.decision_rule import read_rule
from testbed.domain.judgement import Judgement
from testbed.evaluation.uncertainty import budget as budgets
from testbed.evaluation.uncertainty.budget import Correlation
from testbed.evaluation.uncertainty.coverage import Coverage
from testbed.evaluation.uncertainty.quantities import Distribution, Kind
from testbed.i18n import percent_text, words

RULES = ("simple", "guarded 1.00 U", "guarded 0.83 U", "non-binary 1.00 U", "by probability 0.05")


def walk(component) -> Iterator[Component]:
    for each in component if isinstance(component, list | tuple) else [component]:
        if isinstance(each, Component):
            yield each
            yield from walk(getattr(each, "children", None) or [])


def text(component) -> str:
    if isinstance(component, list | tuple):
        return " ".join(text(each) for each in component)
    if isinstance(component, Component):
        return text(getattr(component, "children", None) or [])
    return "" if component is None else str(component)


def of_kind(component, kind: type[Component]) -> list[Component]:
    return [each for each in walk(component) if isinstance(each, kind)]


def made(share: float = 75.0) -> budgets.Budget:
    """Give a budget with two inputs, u = 2 MPa and U = 4 MPa."""
    rows = tuple(
        budgets.Row(
            symbol=symbol, name=name, unit=unit, estimate=estimate, uncertainty=1.0, kind=kind,
            distribution=shape, degrees_of_freedom=freedom, sensitivity=1.0, contribution=1.0,
            share=each,
        )
        for symbol, name, unit, estimate, kind, shape, freedom, each in (
            ("F", "force", "N", 20000.0, Kind.B, Distribution.RECTANGULAR, float("inf"), share),
            ("d_s", "a name of its own", "MPa", 0.0, Kind.A, Distribution.NORMAL, 9.0,
             100.0 - share),
        )
    )  # fmt: skip
    return budgets.Budget(
        measurand="rm", unit="MPa", estimate=500.0, uncertainty=2.0, degrees_of_freedom=64.3,
        probability=0.9545, coverage=Coverage.STUDENT, factor=2.0, expanded=4.0, low=496.0,
        high=504.0, obtained=budgets.Obtaining.FIRST_ORDER, rows=rows,
    )  # fmt: skip


def judged(rule: str = "guarded 1.00 U", *, value=500.0, limit=490.0, expanded=4.0) -> Judgement:
    asked = Limit(measurand="rm", low=limit, source="KS D 3503")
    known = None if expanded is None else Uncertainty(expanded=expanded, dof=64.3)
    decision = decide(value, known, asked, read_rule(rule))
    return Judgement(
        measurand="rm", symbol="Rm", unit="MPa", value=value, rounded="500", limit=asked,
        outcome=decision.outcome, uncertainty=known,
        stated=("500.0", "4.0") if known else ("", ""), decision=decision,
        budget=made().as_plain() if known else None,
    )  # fmt: skip


@pytest.mark.parametrize("locale", ["ko", "en"])
@pytest.mark.parametrize("rule", RULES)
def test_a_decision_shows_the_rule_that_decided_and_a_band_to_scale(rule, locale):
    said = words(locale)
    (details,) = decision_details(judged(rule), "Rm", said)
    assert isinstance(details, html.Details)
    assert getattr(details, "open", None) is None
    (summary,) = of_kind(details, html.Summary)
    assert said.rule(read_rule(rule)) in text(summary)
    wide, narrow = of_kind(details, Picture)
    for picture, width in ((wide, 600), (narrow, 290)):
        assert f'width="{width}"' in picture.svg
        assert 'data-part="value"' in picture.svg
        assert 'style="' not in picture.svg
    assert f'id="{wide.id}-drawing"' in wide.svg
    assert wide.id != narrow.id


def test_acceptance_limit_and_risk_are_those_of_the_decision():
    # TL 490, U 4: AL = 494; at 500 the limit is 5 u away, where PFA is far below 0.01 %.
    (details,) = decision_details(judged(), "Rm", words("en"))
    said = text(details)
    assert "≥ 494 MPa" in said
    assert "PFA < 0.01 %" in said
    # At 492 it is u away: with 64.3 degrees of freedom 1 - T(1) = 0.1605 (normal: 0.1587).
    (details,) = decision_details(judged("simple", value=492.0), "Rm", words("en"))
    assert "PFA 16 %" in text(details)
    (details,) = decision_details(judged(value=492.0), "Rm", words("en"))
    assert "PFR 84 %" in text(details)


def test_a_refusal_says_why():
    row = judged(expanded=None)
    assert row.decision.why is Why.NO_UNCERTAINTY
    for locale in ("ko", "en"):
        (details,) = decision_details(row, "Rm", words(locale))
        assert words(locale)("reason.no-uncertainty") in text(of_kind(details, html.Summary))
        assert "reason." not in text(details)


def test_without_a_limit_there_is_no_decision_to_open():
    row = replace(judged(), limit=None, decision=None, outcome=Outcome.NOT_JUDGED)
    assert decision_details(row, "Rm", words("en")) == []
    assert agreed_rule((row,)) is None
    assert agreed_rule((row, judged("guarded 0.83 U"))) == read_rule("guarded 0.83 U")


@pytest.mark.parametrize("locale", ["ko", "en"])
def test_a_budget_shows_each_input_and_the_share_of_it(locale):
    said = words(locale)
    (details,) = budget_details(judged(), "Rm", said)
    (table,) = of_kind(details, html.Table)
    lines = [text(row) for row in of_kind(table.children[1], html.Tr)]
    assert len(lines) == 2
    for part in ("F", said("input.force"), "20000 N", "1 MPa/N", "∞", "75.0 %"):
        assert part in lines[0]
    assert "a name of its own" in lines[1]
    meters = of_kind(details, html.Meter)
    assert [float(each.value) for each in meters] == [75.0, 25.0]
    for part in ("k = 2.00", "64.3", "496.00 … 504.00 MPa", said("obtained.first order")):
        assert part in text(details)


def test_bars_are_ordered_by_share_and_correlations_are_told():
    pair = Correlation(first="F", second="d_s", coefficient=-0.5, share=-20.0)
    other = replace(made(share=20.0), correlations=(pair,))
    (details,) = budget_details(replace(judged(), budget=other.as_plain()), "Rm", words("en"))
    assert [float(each.value) for each in of_kind(details, html.Meter)] == [80.0, 20.0]
    assert "Correlation of F, d_s, r = -0.5" in text(details)
    assert "-20.0 %" in text(details)


def test_the_box_that_scrolls_is_reached_by_the_keyboard_and_named():
    (details,) = budget_details(judged(), "Rm", words("en"))
    (box,) = (each for each in walk(details) if getattr(each, "className", "") == "tb-scroll")
    assert box.tabIndex == "0"
    assert getattr(box, "aria-label") == "Uncertainty budget of Rm"


def test_every_code_that_is_shown_has_words_in_both_languages():
    codes = {f"coverage.{each}" for each in Coverage}
    codes |= {f"obtained.{each}" for each in budgets.Obtaining}
    codes |= {f"distribution.{each}" for each in Distribution}
    codes |= {f"band.{each}" for each in ("limit", "accept", "reject", "value")}
    codes |= {f"reason.{each}" for each in Why if each is not Why.UNSET}
    for locale in ("ko", "en"):
        assert {code for code in codes if not words(locale).knows(code)} == set()


def test_the_heads_of_the_tables_are_there_in_korean():
    heads = {*budget_view._HEADS, *verdict_view._HEADS} - {"u", "ν"}
    assert {each for each in heads if not words("ko").knows(each)} == set()


@pytest.mark.parametrize(
    ("rule", "english", "korean"),
    [
        ("simple", "simple acceptance (ILAC-G8)", "단순 수락 (ILAC-G8)"),
        ("guarded 1.00 U", "guarded by 1.00 U (ILAC-G8)", "보호대역 1.00 U (ILAC-G8)"),
        ("guarded 0.83 U", "guarded by 0.83 U (ISO 14253-1)", "보호대역 0.83 U (ISO 14253-1)"),
        ("guarded 0.7 U, TUR >= 3", "guarded by 0.70 U, TUR ≥ 3", "보호대역 0.70 U, TUR ≥ 3"),
        ("guarded 0.125 U, U <= 2.5", "guarded by 0.125 U, U ≤ 2.5", "보호대역 0.125 U, U ≤ 2.5"),
        ("6 sigma", "guarded by 3.00 U (6 sigma)", "보호대역 3.00 U (6 시그마)"),
        ("non-binary 1.00 U", "four outcomes, guarded by 1.00 U", "4단계 판정, 보호대역 1.00 U"),
        ("by probability 0.05", "by probability, at most 5.0 % outside",
         "확률 판정, 허용한계 밖일 확률 5.0 % 이하"),
    ],
)  # fmt: skip
def test_a_rule_is_put_into_words(rule, english, korean):
    assert words("en").rule(read_rule(rule)) == english
    assert words("ko").rule(read_rule(rule)) == korean


@pytest.mark.parametrize(
    ("probability", "shown"),
    [(0.0, "< 0.01 %"), (1e-9, "< 0.01 %"), (0.000123, "0.012 %"), (0.0134, "1.3 %"),
     (0.05, "5.0 %"), (0.5, "50 %"), (0.9949, "99 %"), (0.99999, "> 99 %"), (1.0, "> 99 %")],
)  # fmt: skip
def test_a_probability_is_told_in_percent_with_two_digits(probability, shown):
    assert percent_text(probability) == shown


def test_the_terminal_tells_the_uncertainty_and_the_decision():
    lines = verdict_table("iso-6892-1", [judged(value=492.0)], words("en")).splitlines()
    assert "500.0 ± 4.0" in lines[2]
    assert "2.00" in lines[2]
    assert lines[-1] == "Rm: guarded by 1.00 U (ILAC-G8) · PFR 84 %"
    refused = verdict_table("iso-6892-1", [judged(expanded=None)], words("en")).splitlines()
    assert refused[-1].endswith(words("en")("reason.no-uncertainty"))
    unlimited = replace(judged(), limit=None, decision=None, outcome=Outcome.NOT_JUDGED)
    assert "guarded" not in verdict_table("iso-6892-1", [unlimited], words("en"))

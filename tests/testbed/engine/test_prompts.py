"""Questions to the operator: five kinds, one judgement of the answer, all of it on record."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.engine.ports import Command, CommandKind, Prompt, PromptKind
from testbed.engine.prompts import read_answer
from testbed.i18n import LOCALES, words
from testbed.procedure.parameters import ParameterError
from tests.testbed.engine.course import Course

LENGTH = Prompt(number=1, code="prompt.x", kind=PromptKind.NUMBER, unit="mm", low=10.0, high=50.0)


def answered(question, *texts: str):
    """Ask, and answer with one text after the other; gives what the phase got, and the course."""
    course = Course()
    waiting = list(texts)
    got = []

    def operator() -> None:
        prompt = course.steering.progress(0, course.clock.now()).prompt
        if prompt is not None and waiting:
            text = waiting.pop(0)
            command = Command(kind=CommandKind.ANSWER, prompt=prompt.number, text=text, by="kim")
            course.steering.take(command)

    course.steering.meanwhile = operator
    course.phase(lambda run: got.append(question(run)))
    assert not waiting
    return got[0], course


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("12.5", 12.5),
        (" 12.5 mm ", 12.5),
        ("1.25 cm", 12.5),
        ("0.0125m", 12.5),
        ("12500 µm", 12.5),
        ("12.5㎜", 12.5),
        ("１２.5 mm", 12.5),
        ("10", 10.0),
        ("5 cm", 50.0),
    ],
)
def test_a_number_is_read_in_any_unit_that_fits(typed: str, value: float) -> None:
    assert read_answer(LENGTH, typed) == pytest.approx(value)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "answer-not-a-number"),
        ("wide", "answer-not-a-number"),
        ("nan", "answer-not-a-number"),
        ("12,5", "answer-unit"),
        ("12.5 kg", "answer-unit"),
        ("12.5 **", "answer-unit"),
        ("12.5 9**9**9**9", "answer-unit"),
        ("9.99", "answer-out-of-range"),
        ("1 m", "answer-out-of-range"),
        ("1e999", "answer-out-of-range"),
    ],
)
def test_a_number_that_does_not_fit_is_named_with_what_would(typed: str, code: str) -> None:
    with pytest.raises(ParameterError) as refused:
        read_answer(LENGTH, typed)
    assert refused.value.code == code
    assert refused.value.values["value"] == typed
    assert refused.value.values["accepted"] == "10…50 mm"
    for locale in LOCALES:
        said = words(locale)(f"objection.{code}", **refused.value.values)
        assert typed in said
        assert "10…50 mm" in said


@given(st.text(max_size=60))
def test_whatever_is_typed_gives_a_number_in_the_range_or_a_refusal(typed: str) -> None:
    try:
        value = read_answer(LENGTH, typed)
    except ParameterError:
        return
    assert isinstance(value, float)
    assert 10.0 <= value <= 50.0


def test_an_open_range_accepts_no_infinity() -> None:
    anything = Prompt(number=1, code="prompt.x", kind=PromptKind.NUMBER, unit="mm")
    assert read_answer(anything, "-1e6") == -1e6
    with pytest.raises(ParameterError):
        read_answer(anything, "1e999")
    with pytest.raises(ParameterError):
        read_answer(anything, "1e308 km")
    assert math.isfinite(float(read_answer(anything, "1e300 km")))


def test_the_five_kinds_give_the_phase_what_it_can_use() -> None:
    assert answered(lambda run: run.ask_text("prompt.x"), " a scratch ")[0] == "a scratch"
    assert answered(lambda run: run.ask_number("prompt.x", "degC"), "300 K")[0] == pytest.approx(
        26.85
    )
    options = ("option.left", "option.right")
    assert answered(lambda run: run.ask_choice("prompt.x", *options), options[1])[0] == options[1]
    assert answered(lambda run: run.ask_pass("prompt.x"), "option.pass")[0] is True
    assert answered(lambda run: run.ask_pass("prompt.x"), "option.fail")[0] is False
    assert answered(lambda run: run.show("prompt.x", "mount.svg"), "option.done")[0] is None
    assert answered(lambda run: run.ask("prompt.x", "option.done"), "option.done")[0]
    assert answered(lambda run: run.ask("prompt.x"), "word")[0] == "word"


def test_a_question_carries_what_its_door_needs_to_show() -> None:
    seen: list[Prompt] = []
    course = Course()

    def operator() -> None:
        prompt = course.steering.progress(0, course.clock.now()).prompt
        assert prompt is not None
        seen.append(prompt)
        course.steering.answer(prompt.number, "20")

    course.steering.meanwhile = operator
    course.phase(
        lambda run: run.ask_number("prompt.x", "mm", low=1.0, high=30.0, picture="gap.svg", gap=3)
    )
    (prompt,) = seen
    assert (prompt.kind, prompt.unit, prompt.low, prompt.high) == ("number", "mm", 1.0, 30.0)
    assert (prompt.picture, prompt.values) == ("gap.svg", {"gap": 3})
    assert course.steering.progress(0, course.clock.now()).prompt is None


def test_what_is_refused_leaves_the_question_open_and_both_go_on_record() -> None:
    value, course = answered(
        lambda run: run.ask_number("prompt.x", "mm", low=10.0, high=50.0), "3 kg", "99", "2.5 cm"
    )
    assert value == pytest.approx(25.0)
    refused = course.sheet.texts("refused")
    assert [text.split(" ")[1] for text in refused] == ["answer-unit:", "answer-out-of-range:"]
    assert course.sheet.texts("prompt") == ["prompt.x"]
    (answer,) = course.sheet.texts("answer")
    assert answer == "1: 25.0 mm (typed '2.5 cm') by kim"


def test_a_late_answer_does_not_answer_the_next_question() -> None:
    course = Course()
    got: list[str] = []
    answers = iter([(1, "first"), (1, "late"), (1, "later"), (2, "second")])

    def operator() -> None:
        number, text = next(answers)
        course.steering.answer(number, text)

    course.steering.meanwhile = operator
    course.phase(lambda run: got.extend([run.ask("prompt.x"), run.ask("prompt.y")]))
    assert got == ["first", "second"]


@pytest.mark.parametrize("typed", ["", "   ", "x" * 2001])
def test_words_are_neither_none_nor_a_book(typed: str) -> None:
    with pytest.raises(ParameterError) as refused:
        read_answer(Prompt(number=1, code="prompt.x", kind=PromptKind.TEXT), typed)
    assert refused.value.code == "answer-length"

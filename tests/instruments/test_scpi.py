"""Replies are numbers, faults or nonsense; nothing in between."""

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments import scpi
from instruments.errors import BadAnswer, InstrumentFault


@given(st.floats(-1e30, 1e30))
def test_a_finite_number_is_read_as_it_stands(value: float):
    assert scpi.number(f"{value!r}") == value


@pytest.mark.parametrize("reply", ["9.9E37", "+9.90000000E+37", "-9.9E37", "9.91E37", "nan", "inf"])
def test_a_number_that_stands_for_no_value_is_a_fault(reply: str):
    # SCPI-1999 vol. 1, 7.2.1.4 and 7.2.1.5.
    with pytest.raises(InstrumentFault):
        scpi.number(reply)


@given(st.text(max_size=20))
def test_any_text_is_a_number_a_fault_or_a_bad_answer(reply: str):
    with contextlib.suppress(BadAnswer, InstrumentFault):
        assert math.isfinite(scpi.number(reply))


@pytest.mark.parametrize(
    ("reply", "code", "text"),
    [
        ('+0,"No error"', 0, "No error"),
        ('-113,"Undefined header"', -113, "Undefined header"),
        ("0,No error", 0, "No error"),
    ],
)
def test_an_error_queue_entry_is_a_code_and_a_text(reply: str, code: int, text: str):
    assert scpi.queued_error(reply) == scpi.QueuedError(code, text)


def test_an_identity_has_four_fields():
    found = scpi.identity("Keysight Technologies,34465A,MY1,A.03.01")
    assert (found.maker, found.model, found.serial) == ("Keysight Technologies", "34465A", "MY1")
    with pytest.raises(BadAnswer):
        scpi.identity("Keysight Technologies,34465A")


@pytest.mark.parametrize(("reply", "on"), [("1", True), ("ON", True), ("0", False), ("off", False)])
def test_a_switch_is_on_or_off(reply: str, on: bool):
    assert scpi.boolean(reply) is on


def test_a_switch_is_nothing_else():
    with pytest.raises(BadAnswer):
        scpi.boolean("2")

# ruff: noqa: F401 - the block uses what is imported here
"""A phase in memory: its questions are answered one after the other, its meter reads 3.7 V.

The meter is silent once, so that what repeats has something to repeat.
"""

from instruments.errors import NoAnswer
from instruments.readings import Reading
from testbed.engine.ports import Command, CommandKind
from testbed.procedure import phase
from tests.testbed.engine.course import Course

ANSWERS = ["option.left", "1.2 cm", "option.fail", "option.done", "a scratch"]


class Meter:
    silent = 1

    def dc_voltage(self):
        if self.silent:
            self.silent -= 1
            raise NoAnswer("nothing came back", address="COM1")
        return Reading(value=3.7, unit="V")


class Cell:
    meter = Meter()

    def step(self, run):
        # EXAMPLE
        shown.update(locals())


shown = {}
course = Course()


def operator():
    prompt = course.steering.progress(0, course.clock.now()).prompt
    if prompt is not None:
        answer = Command(
            kind=CommandKind.ANSWER, prompt=prompt.number, text=ANSWERS.pop(0), by="kim"
        )
        course.steering.take(answer)


course.steering.meanwhile = operator
course.phase(Cell().step)
if "width" in shown:
    assert shown["width"] == 12.0
    assert shown["remark"] == "a scratch"
    assert ANSWERS == []
else:
    assert shown["volts"].value == 3.7
    assert Meter.silent == 1
    assert Cell.meter.silent == 0
    assert course.sheet.texts("retry")

# ruff: noqa: F401 - the block uses what is imported here
"""A method in memory whose room grows too warm, and then its chamber."""

from instruments.readings import Reading
from instruments.roles import Thermometer
from testbed.engine.control import Aborted
from testbed.procedure import Action, Monitor, OptionalNeeds, Procedure
from tests.testbed.engine.course import Clock, Course


class Warm(Procedure):
    id, version, standard = "warm", "1", ""
    channels = ()
    plots = ()
    temperature = 55.0

    # EXAMPLE


class Probe:
    def __init__(self, *degrees):
        self.degrees = list(degrees)

    def temperature(self):
        value = self.degrees.pop(0) if len(self.degrees) > 1 else self.degrees[0]
        return Reading(value=value, unit="degC")


clock = Clock()
warm = Warm({}, {"room": Probe(23.0, 31.0, 23.0)})
warm.chamber = Probe(*[55.0] * 200, 66.0)
course = Course(warm, clock)
try:
    course.phase(lambda run: run.sleep(7200))
except Aborted:
    assert clock.micros > 600e6
else:
    raise AssertionError("66 degC in the chamber did not end the run")
assert course.sheet.texts("alarm")

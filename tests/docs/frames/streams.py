# ruff: noqa: F401 - the block uses what is imported here
"""A method whose logger and oscilloscope are played in memory; its record lies on the disk."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

import runs
from instruments.readings import Waveform
from instruments.roles import Oscilloscope
from testbed.engine.context import LiveContext
from testbed.engine.control import Control
from testbed.engine.heading import header
from testbed.engine.lease import Lease
from testbed.engine.monitors import Monitors
from testbed.engine.ports import Assignment
from testbed.engine.record import RunRecord
from testbed.engine.safety import SafeActions
from testbed.engine.standstill import Standstill
from testbed.engine.uncertainties import Uncertainties
from testbed.evaluation.sine import fit_sine
from testbed.procedure import (
    Axis,
    BlockStream,
    Channel,
    Evaluation,
    Needs,
    Obtained,
    Param,
    Procedure,
    RowStream,
    phase,
)
from tests.testbed.engine.course import START, Clock

# EXAMPLE


class Logger:
    def fetch(self):
        return np.arange(300) * 1e-3, np.full(300, 12.0)


class Scope:
    def capture(self, channel):
        values = np.sin(2 * np.pi * 1e3 * np.arange(1000) * 1e-5)
        return (Waveform(values=values, start=0.0, step=1e-5, unit="V"),)


clock, file, given = Clock(), Path("R-1.h5"), {"window": 0.01}
ripple = Ripple(given, {"logger": Logger(), "scope": Scope()})  # noqa: F821
order = Assignment(
    run="R-1", method="ripple", version="1", parameters=given, limits=(), facts={}, file=file
)
record = RunRecord(file, header(order, Ripple, {}, START, {}))  # noqa: F821
context = LiveContext(
    clock=clock,
    record=record,
    procedure=ripple,
    control=Control(),
    safe_actions=SafeActions(),
    started=START,
    monitors=Monitors(ripple),
    lease=Lease(None, 0.0),
    standstill=Standstill({}),
    uncertainties=Uncertainties(ripple.channels),
)
for index, each in enumerate(ripple.declared_phases()):
    context.carry_out(ripple, each, index)
record.close("completed", attributes={}, ended=START + timedelta(seconds=60))
with runs.open_tree(file, decode_times=False) as tree:
    assert tree["voltage"].size == 300
    assert dict(tree["waveform"]["ripple"].sizes) == {"waveform_time": 1, "offset": 1000}
    assert tree["climate"]["humidity"].size == 1
    found = ripple.evaluate_tree(tree, given, {}).values["frequency"].value
    assert abs(found - 1e3) < 1e-3

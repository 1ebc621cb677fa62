"""A bench in memory: a virtual clock, simple physics for each role, and the run over them."""

import math

import numpy as np
import xarray

from instruments.readings import FrameSample, Identity, Reading
from testbed.procedure import picture_file


class Clock:
    def __init__(self):
        self.now = 0.0
        self.followers = []

    def pass_time(self, seconds):
        for follower in self.followers:
            follower(seconds)
        self.now += seconds


class Run:
    """`RunContext` on the virtual clock; keeps rows, questions, notes and safe actions."""

    def __init__(self, clock, method):
        self.clock, self.method = clock, method
        self.began = clock.now
        self.rows, self.asked, self.noted, self.actions, self.shares = [], [], [], [], []
        self.phase = 0
        self.pause_at = None
        self.earlier = None

    def elapsed(self):
        return self.clock.now - self.began

    def sleep(self, seconds):
        self.clock.pass_time(seconds)

    def every(self, period, *, during=None):
        began, n = self.elapsed(), 0
        while during is None or n * period <= during:
            late = began + n * period - self.elapsed()
            if late > 0:
                self.clock.pass_time(late)
            if self.pause_at is not None and self.elapsed() >= self.pause_at[0]:
                self.clock.pass_time(self.pause_at[1])
                self.pause_at = None
                n = math.ceil((self.elapsed() - began) / period)
                continue
            yield n
            n += 1

    def wait_until(self, condition, *, within, poll=1.0):
        began = self.elapsed()
        while not condition():
            if self.elapsed() - began > within:
                raise TimeoutError
            self.clock.pass_time(poll)

    def record(self, at=None, **channels):
        declared = {c.name for c in self.method.channels}
        assert set(channels) == declared, "every declared channel, in every row"
        for channel in self.method.channels:
            given = channels[channel.name]
            assert not isinstance(given, Reading) or given.unit == channel.unit
        row = {n: v.value if isinstance(v, Reading) else v for n, v in channels.items()}
        self.rows.append((self.elapsed() if at is None else at, self.phase, row))

    def record_block(self, times, **channels):
        for number, time in enumerate(times):
            self.record(time, **{name: values[number] for name, values in channels.items()})

    def ask(self, prompt, *options, **values):
        self.asked.append((prompt, options, values))
        return options[0] if options else ""

    def show(self, prompt, picture, **values):
        assert picture_file(self.method, picture) is not None
        self.asked.append((prompt, ("option.done",), values))

    def note(self, code, **values):
        self.noted.append((code, values))

    def on_pause(self, hold, go_on):
        """Never pauses."""

    def on_exit(self, name, action):
        self.actions.append((name, action))

    def progress(self, done, *, remaining=None):
        assert 0.0 <= done <= 1.0
        self.shares.append(done)

    def dataset(self):
        names = [c.name for c in self.method.channels]
        columns = {n: ("time", np.array([r[2][n] for r in self.rows])) for n in names}
        phases = ("time", np.array([r[1] for r in self.rows], dtype="int16"))
        time = np.array([r[0] for r in self.rows])
        return xarray.Dataset({**columns, "phase": phases}, {"time": time})


def carry_out(procedure, clock, *, pause_at=None):
    """Run every phase, then the safe actions, last-in first-out."""
    run = Run(clock, type(procedure))
    run.pause_at = pause_at
    try:
        for number, step in enumerate(procedure.declared_phases()):
            run.phase = number
            began = run.elapsed()
            step.function(procedure, run)
            assert run.elapsed() - began <= step.limit
    finally:
        for _, action in reversed(run.actions):
            action()
    return run


class Device:
    def __init__(self, clock):
        self.clock = clock
        self.safe = 0

    def identity(self):
        return Identity(maker="TESTBED", model=type(self).__name__, serial="1")

    def settings(self):
        return {}

    def make_safe(self):
        self.safe += 1

    def close(self):
        pass


class Cell:
    """An ideal cell with an inner resistance; counts the charge that really flowed."""

    def __init__(self, clock, capacity=2.0, filled=0.3):
        self.capacity, self.filled = capacity, filled
        self.taken = 0.0
        self.supply = self.load = None
        clock.followers.append(self.flow)

    def open_voltage(self):
        x = min(max(self.filled, 0.0), 1.0)
        return 2.5 + 1.4 * x**0.3 + 0.35 * x**2

    def current(self):
        """Current out of the cell [A]."""
        sunk = self.load.amperes if self.load.on else 0.0
        if not self.supply.on:
            return sunk
        offered = (self.supply.volts - self.open_voltage()) / 0.05
        return sunk - min(max(offered, 0.0), self.supply.limit)

    def voltage(self):
        return self.open_voltage() - 0.05 * self.current()

    def flow(self, seconds):
        steps = max(1, math.ceil(seconds / 1.0))
        for _ in range(steps):
            charge = self.current() * seconds / steps / 3600.0
            self.filled -= charge / self.capacity
            self.taken += max(charge, 0.0)


class Supply(Device):
    def __init__(self, clock, cell):
        super().__init__(clock)
        self.cell, cell.supply = cell, self
        self.volts = self.limit = 0.0
        self.on = False

    def set_voltage(self, volts):
        self.volts = volts

    def set_current_limit(self, amperes):
        self.limit = amperes

    def switch_output(self, on):
        self.on = on

    def output_is_on(self):
        return self.on

    def voltage(self):
        return Reading(value=self.cell.voltage(), unit="V")

    def current(self):
        return Reading(value=max(0.0, -self.cell.current()), unit="A")

    def make_safe(self):
        super().make_safe()
        self.on = False


class Load(Device):
    def __init__(self, clock, cell):
        super().__init__(clock)
        self.cell, cell.load = cell, self
        self.amperes = 0.0
        self.on = False

    def set_sink_current(self, amperes):
        self.amperes = amperes

    def switch_input(self, on):
        self.on = on

    def input_is_on(self):
        return self.on

    def voltage(self):
        return Reading(value=self.cell.voltage(), unit="V")

    def current(self):
        return Reading(value=self.amperes if self.on else 0.0, unit="A")

    def make_safe(self):
        super().make_safe()
        self.on = False


class Meter(Device):
    def __init__(self, clock, voltage):
        super().__init__(clock)
        self._voltage = voltage

    def dc_voltage(self):
        return Reading(value=self._voltage(), unit="V")

    def dc_current(self):
        raise NotImplementedError

    def resistance(self):
        raise NotImplementedError


class Chamber(Device):
    """Air follows the set-point within two minutes, the specimen the air within ten."""

    def __init__(self, clock, room=23.0, reaches=math.inf):
        super().__init__(clock)
        self.air = self.specimen = self.room = room
        self.point, self.on, self.reaches = room, False, reaches
        clock.followers.append(self.flow)

    def flow(self, seconds):
        goal = min(self.point, self.reaches) if self.on else self.room
        for _ in range(max(1, math.ceil(seconds / 10.0))):
            step = min(seconds, 10.0)
            self.air += (goal - self.air) * (1 - math.exp(-step / 120.0))
            self.specimen += (self.air - self.specimen) * (1 - math.exp(-step / 600.0))

    def start(self, temperature):
        self.point, self.on = temperature, True

    def stop(self):
        self.on = False

    def is_running(self):
        return self.on

    def temperature(self):
        return Reading(value=round(self.air, 1), unit="degC")

    def set_point(self):
        return self.point

    def make_safe(self):
        super().make_safe()
        self.on = False


class Frame(Device):
    """Plays a curve of stress over strain at constant strain rate; breaks at its end."""

    def __init__(self, clock, stress, strain, s0, le):
        super().__init__(clock)
        self.force_curve, self.extension_curve = stress * s0, strain * le
        self.began = None
        self.handed = 0
        self.speed, self.rate = 0.0, 1.0
        self.zeroed = False

    def zero(self):
        self.zeroed = True

    def start(self, speed, *, rate):
        assert self.zeroed
        self.began, self.speed, self.rate = self.clock.now, speed, rate

    def _reached(self):
        last = 1.5 * self.extension_curve[-1] / self.speed
        return min(self.clock.now - self.began, last), last

    def stop(self):
        if self.began is not None:
            self.stopped = True

    def is_moving(self):
        return self.began is not None and not self.broken()

    def broken(self):
        reached, last = self._reached()
        return reached >= last

    def samples(self):
        until = math.floor(self._reached()[0] * self.rate) + 1
        numbers = np.arange(self.handed, min(until, self.handed + 500))
        self.handed += len(numbers)
        time = numbers / self.rate
        extension = time * self.speed / 1.5
        force = np.interp(extension, self.extension_curve, self.force_curve)
        return tuple(
            FrameSample(time=float(t), force=float(f), extension=float(e), travel=float(1.5 * e))
            for t, f, e in zip(time, force, extension, strict=True)
        )

    def force(self):
        return Reading(value=0.0, unit="N")

    def make_safe(self):
        super().make_safe()

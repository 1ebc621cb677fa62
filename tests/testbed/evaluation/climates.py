"""Records of chambers whose conformity is known in closed form.

Sensors answer a step of the chamber's air as a damped oscillation of second order, a sum of first
orders, or an even ramp that a lagging sensor follows: each can be written down for every instant.
"""

from dataclasses import dataclass

import numpy as np
import xarray


def record(time, monitor, segment, humidity=None, space=None):
    time = np.asarray(time, float)
    monitor = np.broadcast_to(np.asarray(monitor, float), time.shape)
    segment = np.broadcast_to(np.asarray(segment, float), time.shape)
    space = np.tile(monitor, (9, 1)) if space is None else space
    columns = {
        "monitor_temperature": ("time", monitor),
        "segment": ("time", segment),
        **{f"space_{n}": ("time", space[n - 1]) for n in range(1, 10)},
    }
    if humidity is not None:
        columns["humidity"] = ("time", np.broadcast_to(np.asarray(humidity, float), time.shape))
    return xarray.Dataset(columns, {"time": time})


@dataclass(frozen=True)
class Settling:
    """A damped oscillation about its goal: ``size · exp(-t/tau) · cos(2πt/turn)`` from the goal.

    With an infinite `turn` it is a first-order answer without overshoot.
    """

    size: float  # [K], signed
    tau: float  # [s]
    turn: float  # [s]

    def at(self, time):
        return self.size * np.exp(-time / self.tau) * np.cos(2 * np.pi * time / self.turn)

    def last_outside(self, band):
        """When it is last outside of `band` [s]: found on the closed form, to 1 ms."""
        if abs(self.size) <= band:
            return 0.0
        # Behind this instant the envelope alone keeps it inside.
        latest = self.tau * np.log(abs(self.size) / band)
        fine = np.linspace(0.0, latest, 4001)
        outside = np.flatnonzero(np.abs(self.at(fine)) > band)
        low = fine[outside[-1]]
        high = fine[min(outside[-1] + 1, len(fine) - 1)]
        while high - low > 1e-3:
            middle = 0.5 * (low + high)
            low, high = (middle, high) if abs(self.at(middle)) > band else (low, middle)
        return high


@dataclass(frozen=True)
class LaggingRamp:
    """An even ramp of the air that a sensor of first order follows from rest."""

    rate: float  # [K/min], positive
    change: float  # [K], signed
    tau: float  # [s]

    @property
    def seconds(self):
        return abs(self.change) / self.rate * 60.0

    def at(self, time):
        """Change of the sensor since the beginning [K]."""
        slope = self.change / self.seconds
        led = np.minimum(time, self.seconds)
        way = slope * (led - self.tau * (1.0 - np.exp(-led / self.tau)))
        left = self.change - slope * (
            self.seconds - self.tau * (1.0 - np.exp(-self.seconds / self.tau))
        )
        late = np.exp(-np.maximum(time - self.seconds, 0.0) / self.tau)
        return np.where(time <= self.seconds, way, self.change - left * late)

    def crossing(self, share):
        """When the sensor has done a share of the change [s], on a fine grid of the closed form."""
        fine = np.linspace(0.0, self.seconds + 10.0 * self.tau, 20_001)
        return np.interp(share, self.at(fine) / self.change, fine)

    def mean_rates(self, over, share=(0.1, 0.9)):
        """Lowest and highest mean rate [K/min] between two shares of the change.

        The sensor speeds up all along the ramp and slows down behind its end, so that the lowest
        mean lies at one end of the stretch, and the highest where a window around the ramp's end
        has as steep a beginning as end: found on a fine grid of the closed form.
        """
        begin, end = self.crossing(share[0]), self.crossing(share[1])
        window = min(over, end - begin)
        starts = np.linspace(begin, end - window, 2001)
        change = (self.at(starts + window) - self.at(starts)) * np.sign(self.change)
        rates = change / window * 60.0
        return rates.min(), rates.max()

"""The signal lines of a bench: what generators put out, and what clips of oscilloscopes see.

A generator's simulator takes one `Output` for each of its connectors and keeps it up to date;
nothing else is needed to put a signal onto the bench::

    output = site.world.signals.output(site.role, number)
    output.set(at=site.world.clock.now(), kind="square", frequency=1e3, amplitude=2.0)
    output.on = True

An oscilloscope asks for the voltage at its inputs, at times relative to one instant of the bench's
clock. All inputs of one acquisition are asked with the same instant, so that they are coherent::

    volts = site.world.signals.volts(site.role, channel, times, at=site.world.clock.now())

The bench file says what each input is clipped to: a node of the circuit ("out", "in"), an output of
a generator by its role ("generator", the second one "generator:2"), an accelerometer of the shaker
("table", "specimen"), or "" where it hangs free::

    [simulator.signals]
    inputs = {scope = ["generator", "out"]}

Without that, inputs are clipped to the generators' outputs in the order of the roles, then to the
nodes ``out`` and ``in`` of the circuit, to the accelerometers, at last to the oscilloscope's own
generator.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.simulators.accelerometer import PLACES, Accelerometers
from instruments.simulators.circuit import Circuit
from instruments.simulators.waveform import sample

__all__ = ["Output", "Signals", "SignalsModel"]

_NODES = ("out", "in")


@dataclass(slots=True)
class Output:
    """One output of a generator, as it stands on the bench.

    Attributes
    ----------
    on
        Whether it is connected; off, the line is at 0 V.
    kind, frequency, phase, duty, rise_time
        See `instruments.simulators.waveform.sample`.
    amplitude, offset
        Peak to peak, and the middle [V], at an input of high resistance: a generator that is set
        for a load of 50 ohm puts out twice what it shows.
    since
        Instant of the bench's clock at which the signal began with its `phase` [s].
    """

    on: bool = False
    kind: str = "sine"
    frequency: float = 1e3
    amplitude: float = 0.0
    offset: float = 0.0
    phase: float = 0.0
    duty: float = 0.5
    rise_time: float = 8e-9
    since: float = 0.0

    def set(self, *, at: float, **values: str | float) -> None:
        """Change it; a change of frequency or form lets the signal begin anew `at` [s]."""
        for name, value in values.items():
            if name in ("kind", "frequency") and getattr(self, name) != value:
                self.since = at
            setattr(self, name, value)

    def volts(self, times: ArrayLike, *, at: float) -> NDArray[np.float64]:
        """Give the voltage [V] at `times` [s] after the instant `at` [s]."""
        if not self.on:
            return np.zeros(np.shape(times))
        # Whole turns are left out: seconds since 1970 leave no digits for nanoseconds.
        turns = self.frequency * (at - self.since) % 1.0
        return sample(
            self.kind, self.frequency, self.amplitude, self.offset, self.phase + 360.0 * turns,
            self.duty, times, rise_time=self.rise_time, seed=int(1e6 * at) % 2**32,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalsModel:
    """What is clipped to what.

    Attributes
    ----------
    inputs
        Role of an oscilloscope to what its inputs see, in the order of their numbers.
    """

    inputs: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Signals:
    """Outputs by line, and inputs that look at lines.

    Parameters
    ----------
    circuit
        Gives the bench's circuit, None where it has none.
    accelerometers
        Gives those of the bench's shaker, None where it has none.
    """

    def __init__(
        self,
        model: SignalsModel,
        circuit: Callable[[], Circuit | None],
        accelerometers: Callable[[], Accelerometers | None],
    ) -> None:
        self._model = model
        self._circuit = circuit
        self._accelerometers = accelerometers
        self._outputs: dict[str, Output] = {}

    def clip(self, model: SignalsModel) -> None:
        """Clip the inputs to other lines.

        Raises
        ------
        ValueError
            There is no such line; the message lists those that are there.
        """
        self._model = model
        self.check()

    def check(self) -> None:
        """Refuse, by `ValueError`, inputs that are clipped to what is not on the bench."""
        known = self._lines()
        for role, lines in self._model.inputs.items():
            for line in lines:
                if line and line.removesuffix(":1") not in known:
                    accepted = ", ".join(known)
                    raise ValueError(f"input {line!r} of {role} is refused; accepted: {accepted}")

    def _lines(self) -> tuple[str, ...]:
        return (
            *self._outputs,
            *(_NODES if self._circuit() is not None else ()),
            *(PLACES if self._accelerometers() is not None else ()),
        )

    def output(self, role: str, number: int = 1) -> Output:
        """Give output `number` of a generator, connected on first use."""
        return self._outputs.setdefault(_line(role, number), Output())

    def seen(self, role: str, number: int) -> str:
        """Tell what input `number` (from 1) of a role is clipped to, "" where it hangs free."""
        # Of its own generator a scope shows nothing before all else that is there.
        found = sorted(self._lines(), key=lambda line: line.partition(":")[0] == role)
        lines = self._model.inputs.get(role, found)
        return lines[number - 1] if number <= len(lines) else ""

    def volts(self, role: str, number: int, times: ArrayLike, *, at: float) -> NDArray[np.float64]:
        """Give the voltage [V] at input `number` of a role, `times` [s] after the instant `at`."""
        line = self.seen(role, number).removesuffix(":1")
        if line in self._outputs:
            return self._outputs[line].volts(times, at=at)
        accelerometers = self._accelerometers()
        if accelerometers is not None and line in PLACES:
            return accelerometers.volts(line, times, at=at)
        circuit = self._circuit()
        if circuit is None or line not in _NODES:
            return np.zeros(np.shape(times))
        return circuit.voltage(line) + circuit.ripple(line, times, at=at)

    def truth(self) -> dict[str, object]:
        """Tell what each output puts onto its line."""
        found: dict[str, object] = {}
        for line, output in self._outputs.items():
            found |= {
                f"signals.{line}.frequency_Hz": output.frequency,
                f"signals.{line}.amplitude_V": output.amplitude if output.on else 0.0,
                f"signals.{line}.offset_V": output.offset if output.on else 0.0,
            }
        return found


def _line(role: str, number: int) -> str:
    return role if number == 1 else f"{role}:{number}"

"""Passive two-poles as an LCR meter finds them: losses, parasitics, bias, a cell after Randles.

References
----------
J. E. B. Randles, Discuss. Faraday Soc. 1 (1947) 11: the equivalent circuit of an electrode.
"""

from dataclasses import dataclass
from math import exp, inf, log, pi, sqrt
from typing import Literal, get_args

from instruments.simulators.accepted import above_zero, not_negative
from instruments.simulators.thermal import ABSOLUTE_ZERO

__all__ = ["Impedance", "ImpedanceModel", "Kind"]

Kind = Literal["capacitor", "inductor", "resistor", "randles", "open", "short"]

_OPEN = complex(1e15)  # [ohm]
_GAS = 8.314462618  # [J/(mol K)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpedanceModel:
    """What makes one two-pole differ from another.

    Attributes
    ----------
    kind
        "capacitor", "inductor", "resistor" or "randles"; "open" and "short" are the empty and the
        bridged fixture that corrections are made with.
    capacitance, inductance
        The wanted one of a capacitor [F] or an inductor [H]; for "randles" the double layer [F].
    resistance
        In series: of leads, winding or electrolyte [ohm]; the value of a resistor.
    parallel
        Leakage across a capacitor or core loss across an inductor [ohm].
    dissipation, dissipation_exponent
        Loss factor of the dielectric or core at 1 kHz, and the power of frequency it grows with.
    stray_inductance, stray_capacitance
        Of leads [H] in series, and across inductor or resistor [F].
    tempco, reference
        Temperature coefficient of the wanted value [1/K], which holds at `reference` [degC].
    half_bias
        Bias at which a capacitance [V] or inductance [A] has halved.
    transfer, warburg, activation
        Of "randles": charge-transfer resistance [ohm], Warburg coefficient [ohm/sqrt(s)] and the
        activation energy of both [J/mol].
    """

    kind: Kind = "capacitor"
    capacitance: float = 1e-6
    inductance: float = 1e-3
    resistance: float = 0.05
    parallel: float = 1e10
    dissipation: float = 1e-3
    dissipation_exponent: float = 0.15
    stray_inductance: float = 10e-9
    stray_capacitance: float = 5e-12
    tempco: float = 0.0
    reference: float = 23.0
    half_bias: float = inf
    transfer: float = 0.015
    warburg: float = 0.003
    activation: float = 50e3

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            accepted = ", ".join(get_args(Kind))
            raise ValueError(f"kind {self.kind!r} is refused; accepted: {accepted}")
        above_zero(self, "capacitance", "inductance", "parallel", "transfer")
        not_negative(self, "resistance", "dissipation", "stray_inductance")
        not_negative(self, "stray_capacitance", "warburg", "activation")
        if not self.half_bias > 0:
            raise ValueError(f"half_bias {self.half_bias!r} is refused; accepted: above 0")
        if self.kind == "resistor" and not self.resistance > 0:
            raise ValueError(f"resistance {self.resistance!r} is refused; accepted: above 0")


class Impedance:
    """A two-pole at any frequency; it keeps no state."""

    def __init__(self, model: ImpedanceModel) -> None:
        self.model = model

    def at(self, frequency: float, temperature: float = 23.0, bias: float = 0.0) -> complex:
        """Give the impedance [ohm].

        Parameters
        ----------
        frequency
            Of the test signal [Hz], above 0.
        temperature
            Of the two-pole [degC].
        bias
            Steady voltage across a capacitor [V] or current through an inductor [A].
        """
        if not 0 < frequency < inf:
            raise ValueError(f"frequency {frequency!r} is refused; accepted: above 0 Hz")
        if not temperature > ABSOLUTE_ZERO:
            raise ValueError(
                f"temperature {temperature!r} is refused; accepted: above {ABSOLUTE_ZERO} degC"
            )
        omega = 2 * pi * frequency
        match self.model.kind:
            case "open":
                return _OPEN
            case "short":
                return 0j
            case "capacitor":
                own = self._capacitor(omega, temperature, bias)
            case "inductor":
                own = self._inductor(omega, temperature, bias)
            case "resistor":
                own = self._resistor(omega, temperature)
            case "randles":
                own = self._randles(omega, temperature)
        return own + 1j * omega * self.model.stray_inductance

    def _share(self, temperature: float, bias: float) -> float:
        """Tell what temperature and bias leave of the wanted value [1]."""
        model = self.model
        warmed = max(1.0 + model.tempco * (temperature - model.reference), 1e-3)
        return warmed / (1.0 + (bias / model.half_bias) ** 2)

    def _loss(self, omega: float) -> float:
        model = self.model
        powers = log(omega / (2 * pi * 1e3))
        return model.dissipation * exp(model.dissipation_exponent * powers)

    def _capacitor(self, omega: float, temperature: float, bias: float) -> complex:
        model = self.model
        capacitance = model.capacitance * self._share(temperature, bias)
        admittance = omega * capacitance * (1j + self._loss(omega)) + 1.0 / model.parallel
        return model.resistance + 1.0 / admittance

    def _inductor(self, omega: float, temperature: float, bias: float) -> complex:
        model = self.model
        inductance = model.inductance * self._share(temperature, bias)
        core = omega * inductance * (1j + self._loss(omega))
        winding = model.resistance + 1.0 / (1.0 / core + 1.0 / model.parallel)
        return 1.0 / (1.0 / winding + 1j * omega * model.stray_capacitance)

    def _resistor(self, omega: float, temperature: float) -> complex:
        resistance = self.model.resistance * self._share(temperature, 0.0)
        return 1.0 / (1.0 / resistance + 1j * omega * self.model.stray_capacitance)

    def _randles(self, omega: float, temperature: float) -> complex:
        model = self.model
        reciprocal = 1.0 / (temperature - ABSOLUTE_ZERO) - 1.0 / (model.reference - ABSOLUTE_ZERO)
        # Arrhenius: a warm electrode is the faster one.
        slower = exp(min(model.activation / _GAS * reciprocal, 100.0))
        diffusion = model.warburg * slower * (1 - 1j) / sqrt(omega)
        faradaic = model.transfer * slower + diffusion
        return model.resistance + 1.0 / (1.0 / faradaic + 1j * omega * model.capacitance)

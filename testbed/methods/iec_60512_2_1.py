"""Resistance by four wires and a reversed current; of contacts by IEC 60512-2-1:2002.

The current is reversed again and again, so that thermal voltages and offsets drop out. On a
contact, voltage and current stay below what would break through its films (millivolt level).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from instruments.roles import SourceMeasureUnit, Thermometer
from testbed.domain.conformity import Limit
from testbed.evaluation.resistance import evaluate_resistance
from testbed.procedure import (
    Action,
    Channel,
    Choice,
    Evaluation,
    Measurement,
    Monitor,
    Needs,
    OptionalNeeds,
    OptionalParam,
    Param,
    ParameterError,
    Plot,
    Procedure,
    RunContext,
    method_data,
    phase,
)

if TYPE_CHECKING:
    import xarray

__all__ = ["ContactResistance"]

Parameters = Mapping[str, float | str | None]

_HOUR = 3600.0


class ContactResistance(Procedure):
    """Mean resistance of many reversals, and reduced to the reference temperature."""

    id = "iec-60512-2-1"
    version = "1"
    standard = "IEC 60512-2-1:2002"
    channels = (
        Channel("test_voltage", "V", roles=("source",)),
        Channel("test_current", "A", roles=("source",)),
        # The set limit of the source: what an open contact would see.
        Channel("voltage_limit", "V"),
        Channel("specimen_temperature", "degC", roles=("thermometer",)),
    )
    plots = (Plot("time", "test_voltage"), Plot("time", "test_current"))

    kind = Choice("contact", "resistor")
    current = Param("A", low=1e-6, high=10.0, default=0.1)
    limit = Param("V", low=0.001, high=200.0, default=0.02)
    reversals = Param("1", low=10.0, high=1000.0, default=10.0)
    # At the reference temperature; copper has 0.00393.
    alpha = Param("1/K", low=-0.02, high=0.02, default=0.00393)
    # Of the specimen, where no thermometer is on the bench.
    temperature = Param("degC", low=-100.0, high=300.0, default=23.0)
    highest = OptionalParam("ohm", low=0.0)

    source = Needs(SourceMeasureUnit)  # type: ignore[type-abstract]
    thermometer = OptionalNeeds(Thermometer)  # type: ignore[type-abstract]

    contact_current = Monitor(
        "A",
        lambda p: p.source.current(),
        low=lambda p: -p.most_current,
        high=lambda p: p.most_current,
        action=Action.END,
        every=10.0,
        channel="test_current",
        phases=("measure",),
    )
    contact_voltage = Monitor(
        "V",
        lambda p: p.source.voltage(),
        low=lambda p: -p.most_voltage,
        high=lambda p: p.most_voltage,
        action=Action.END,
        every=10.0,
        channel="test_voltage",
        phases=("measure",),
    )

    resistance = Measurement("ohm", symbol="R", clause="IEC 60512-2-1:2002, 4", resolution=1e-6)
    deviation = Measurement("ohm", symbol="s", resolution=1e-7)
    reference_resistance = Measurement("ohm", symbol="R20", resolution=1e-6)
    temperature_found = Measurement("degC", symbol="T", resolution=0.1)
    offset = Measurement("V", symbol="U0", resolution=1e-8, required=False)
    reversals_found = Measurement("1", symbol="n", resolution=1.0)

    @phase(limit=24 * _HOUR)
    def connect(self, run: RunContext) -> None:
        """Refuse what a contact must not see, and let the operator connect it."""
        self._check()
        run.on_exit("source", self.source.make_safe)
        self.source.switch_output(False)
        run.ask("prompt.iec-60512-2-1.connect", "option.done", current=self.current * 1e3)

    @phase(limit=600.0)
    def switch_on(self, run: RunContext) -> None:
        """Let the current flow, limited as it is set."""
        self.source.source_current(self.current, voltage_limit=self.limit)
        self.source.switch_output(True)

    @phase(limit=24 * _HOUR)
    def measure(self, run: RunContext) -> None:
        """Let the current flow both ways in turn, and read voltage and current each time."""
        for number in range(round(self.reversals)):
            for sign in (1.0, -1.0):
                self.source.source_current(sign * self.current, voltage_limit=self.limit)
                run.sleep(self._data["reversal"]["settling"])
                self._sample(run)
            run.progress((number + 1) / round(self.reversals))
        self.source.switch_output(False)

    @staticmethod
    def evaluate(
        dataset: "xarray.Dataset", parameters: Parameters, data: Mapping[str, Any]
    ) -> Evaluation:
        """Take the reversals apart: see `testbed.evaluation.resistance`."""
        return evaluate_resistance(dataset, parameters, data)

    @classmethod
    def limits(cls, parameters: Parameters, data: Mapping[str, Any]) -> tuple[Limit, ...]:
        """Ask for at most the resistance that was given."""
        highest = parameters["highest"]
        if highest is None:
            return ()
        return (Limit(measurand="resistance", high=float(highest), source=cls.standard),)

    def forecast(self) -> float:
        """Add up the settling of all readings [s]."""
        return 2.0 * round(self.reversals) * float(self._data["reversal"]["settling"])

    @property
    def most_current(self) -> float:
        """Largest current that may be indicated [A]; unbounded on a resistor."""
        rules = self._data["contact"]
        most = float(rules["current"]) * (1.0 + float(rules["current_margin"]))
        return most if self.kind == "contact" else float("inf")

    @property
    def most_voltage(self) -> float:
        """Largest voltage that may be indicated [V]; unbounded on a resistor."""
        rules = self._data["contact"]
        most = float(rules["open_circuit"]) + float(rules["margin"])
        return most if self.kind == "contact" else float("inf")

    @property
    def _data(self) -> Mapping[str, Any]:
        return method_data("testbed.methods", self.id, self.version)

    def _check(self) -> None:
        if self.kind != "contact":
            return
        rules = self._data["contact"]
        for name, value, most, unit in (
            ("current", self.current, float(rules["current"]), "A"),
            ("limit", self.limit, float(rules["open_circuit"]), "V"),
        ):
            if value > most:
                accepted = f"…{most:g} {unit}"
                raise ParameterError(
                    "parameter-out-of-range", name=name, value=value, accepted=accepted
                )

    def _sample(self, run: RunContext) -> None:
        warm = self.temperature if self.thermometer is None else self.thermometer.temperature()
        run.record(
            test_voltage=self.source.voltage(),
            test_current=self.source.current(),
            voltage_limit=self.limit,
            specimen_temperature=warm,
        )

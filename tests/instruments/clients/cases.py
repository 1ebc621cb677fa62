"""Drivers of PyMeasure and QCoDeS that are tried on our simulators, and what they have to read."""

from dataclasses import dataclass, field
from typing import Any

VOLTS, OHMS = 5.0, 100.0
PYMEASURE, QCODES = "pymeasure.instruments", "qcodes.instrument_drivers"
CONTRIB = "qcodes_contrib_drivers.drivers"
ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One driver of another library at one of our simulators.

    Attributes
    ----------
    simulator
        Name of the simulated device.
    values
        Steps, those with a number compared with what comes back: (verb, place, …) and the truth.
    least
        So many properties the walk has to read, at least.
    leave
        What cannot work, by fault of the client or by nature: property to its values, or ALL.
    wiring
        Of the simulator ("model").
    options
        Of the client's constructor.
    queue
        Whether the instrument has an error queue that the client can ask.
    sources
        Whether it feeds the circuit itself, so that no supply stands beside it.
    over
        Transport of the simulator.
    """

    driver: str
    simulator: str
    least: int
    values: tuple[tuple[tuple[Any, ...], float | None], ...] = ()
    leave: dict[str, Any] = field(default_factory=dict)
    wiring: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    queue: bool = True
    sources: bool = False
    over: str = "tcp"

    @property
    def library(self) -> str:
        return "pymeasure" if self.driver.startswith("pymeasure") else "qcodes"

    @property
    def name(self) -> str:
        return f"{self.library}-{self.driver.rpartition('.')[2]}"


def got(place: str, truth: float) -> tuple[tuple[Any, ...], float]:
    return ("get", place), truth


def done(*step: Any) -> tuple[tuple[Any, ...], None]:
    return step, None


AMPERES = VOLTS / OHMS
# "ONCE" of theirs; readings need an output that is on; a sweep that was set up.
NO_SWEEP = {f"{part}.{name}": ALL for part in ("_sense_current", "_sense_voltage",
            "_sense_resistance") for name in ("sweep", "user_delay")}  # fmt: skip

METERS = (
    Case(
        driver=f"{PYMEASURE}.keithley.Keithley2000",
        simulator="keithley_2000",
        least=50,
        values=(
            done("call", "measure_voltage", 10),
            got("voltage", VOLTS),
            done("call", "measure_current", 0.1),
            got("current", AMPERES),
            done("call", "measure_resistance", 1000, 4),
            got("resistance", OHMS),
        ),
        leave={
            "period_threshold": ALL,  # sends PRE for PERiod
            "trigger_delay": [999999.999],  # sends it rounded to 1e+06
        },
    ),
    Case(
        driver=f"{PYMEASURE}.keithley.KeithleyDMM6500",
        simulator="keithley_dmm6500",
        least=88,
        values=(
            done("call", "measure_voltage", 10),
            got("voltage", VOLTS),
            done("call", "measure_current", 0.1),
            got("current", AMPERES),
            done("call", "measure_resistance", 1000, 4),
            got("resistance", OHMS),
        ),
        leave={
            "period_threshold": ALL,  # sends PRE for PERiod
            "capacitance_range": ALL,  # sets the range of the current
            "buffer_points": [0],  # 0 stands for all the memory
            "buffer_size": [0],
            # There is no scanner card in our meter.
            **{f"ch_{number}.*": ALL for number in range(1, 11)},
        },
    ),
    Case(
        driver=f"{PYMEASURE}.agilent.Agilent34410A",
        simulator="keysight_34465a",
        wiring={"model": "34410A"},
        least=10,
        values=(
            got("voltage_dc", VOLTS),
            got("current_dc", AMPERES),
            got("resistance_4w", OHMS),
        ),
    ),
    Case(
        driver=f"{PYMEASURE}.agilent.Agilent34450A",
        simulator="keysight_34465a",
        wiring={"model": "34450A"},
        options={"timeout": None},  # it names its own, and does not take another
        least=40,
        values=(
            done("call", "configure_voltage", 10),
            got("voltage", VOLTS),
            done("call", "configure_current", 0.1),
            got("current", AMPERES),
            done("call", "configure_resistance", 1000, 4),
            got("resistance_4w", OHMS),
        ),
    ),
    Case(
        driver=f"{PYMEASURE}.hp.HP34401A",
        simulator="keysight_34465a",
        wiring={"model": "34401A"},
        least=30,
        values=(
            done("set", "function_", "DCV"),
            got("reading", VOLTS),
            got("current_dc", AMPERES),
            got("resistance_4w", OHMS),
        ),
        # What cannot be asked; it sends "SYST:".
        leave={"remote_control_enabled": ALL, "remote_lock_enabled": ALL},
    ),
    *(
        Case(
            driver=f"{QCODES}.Keysight.Keysight{model}",
            simulator="keysight_34465a",
            wiring={"model": model},
            least=25,
            values=(
                got("volt", VOLTS),
                got("curr", AMPERES),
                got("four_wire_res", OHMS),
                got("volt", VOLTS),
            ),
            # It wants a source of sampling that it does not give these two models.
            leave={"timetrace": ALL} if model in ("34460A", "34461A") else {},
        )
        for model in ("34410A", "34411A", "34460A", "34461A", "34465A", "34470A")
    ),
    Case(
        driver=f"{QCODES}.Keithley.Keithley2000",
        simulator="keithley_2000",
        least=14,
        values=(
            done("set", "mode", "dc voltage"),
            got("amplitude", VOLTS),
            done("set", "mode", "dc current"),
            got("amplitude", AMPERES),
            done("set", "mode", "4w resistance"),
            got("amplitude", OHMS),
        ),
    ),
    Case(
        driver=f"{QCODES}.Keithley.Keithley6500",
        simulator="keithley_dmm6500",
        least=15,
        values=(
            done("set", "mode", "dc voltage"),
            got("amplitude", VOLTS),
            done("set", "mode", "dc current"),
            got("amplitude", AMPERES),
            done("set", "mode", "4w resistance"),
            got("amplitude", OHMS),
        ),
        leave={
            "digits": ALL,  # sets by a question, whose answer it leaves on the line
            "auto_range_enabled": [False],  # takes the text "0" for true
            "averaging_enabled": [False],
            # The instrument's timers go from 8 µs to 100 ks.
            **{f"trigger{number}_delay": [0, 999999.999, 250000.0] for number in range(1, 5)},
            "trigger_timer": [999999.999, 250000.0],
        },
    ),
    Case(
        driver=f"{CONTRIB}.Tektronix.Keithley_6500.Keithley_6500",
        simulator="keithley_dmm6500",
        least=15,
    ),
)

SUPPLIES = (
    Case(
        driver=f"{PYMEASURE}.keysight.KeysightE36312A",
        simulator="keysight_e36312a",
        sources=True,
        least=19,
        values=(
            done("set", "ch_1.voltage_setpoint", VOLTS),
            done("set", "ch_1.current_limit", 1.0),
            done("set", "ch_1.output_enabled", True),
            got("ch_1.voltage", VOLTS),
            got("ch_1.current", AMPERES),
        ),
    ),
    Case(
        driver=f"{CONTRIB}.Keysight.Keysight_E36313A.E36313A",
        simulator="keysight_e36312a",
        options={"terminator": None},
        sources=True,
        least=15,
        values=(
            done("set", "ch1.source_voltage", VOLTS),
            done("set", "ch1.source_current", 1.0),
            done("set", "ch1.enable", "on"),
            got("ch1.voltage", VOLTS),
            got("ch1.current", AMPERES),
        ),
    ),
    Case(
        driver=f"{QCODES}.rigol.RigolDP832",
        simulator="rigol_dp832",
        sources=True,
        least=33,
        values=(
            done("set", "ch1.set_voltage", VOLTS),
            done("set", "ch1.set_current", 1.0),
            done("set", "ch1.state", "on"),
            got("ch1.voltage", VOLTS),
            got("ch1.current", AMPERES),
            got("ch1.power", VOLTS * AMPERES),
        ),
    ),
    Case(
        driver=f"{PYMEASURE}.rohdeschwarz.HMP4040",
        simulator="rohde_schwarz_hmp4040",
        sources=True,
        least=22,
        values=(
            done("set", "selected_channel", 1),
            done("set", "voltage", VOLTS),
            done("set", "current", 1.0),
            done("set", "selected_channel_active", True),
            done("set", "output_enabled", True),
            got("measured_voltage", VOLTS),
            got("measured_current", AMPERES),
        ),
    ),
    Case(
        driver=f"{CONTRIB}.RohdeSchwarz.HMP4040.RohdeSchwarzHMP4040",
        simulator="rohde_schwarz_hmp4040",
        options={"terminator": None},
        sources=True,
        least=25,
        values=(
            done("set", "ch1.set_voltage", VOLTS),
            done("set", "ch1.set_current", 1.0),
            done("set", "ch1.state", "ON"),
            done("set", "state", "ON"),
            got("ch1.voltage", VOLTS),
            got("ch1.current", AMPERES),
        ),
    ),
)

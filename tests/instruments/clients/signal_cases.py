"""Drivers of others for source-measure units, LCR meters, oscilloscopes and generators."""

from tests.instruments.clients.cases import (
    ALL,
    AMPERES,
    CONTRIB,
    OHMS,
    PYMEASURE,
    QCODES,
    VOLTS,
    Case,
    done,
    got,
)

QUANTITIES = ("current", "voltage", "resistance")
UNASKED = ("user_delay", "sweep", "sweep_axis")
SINE = {"waveform": "SIN", "freq": 2e3, "ampl": 2.0, "offset": 0.5, "phase": 0.0}

OTHERS = (
    Case(
        driver=f"{PYMEASURE}.keithley.Keithley2450",
        simulator="keithley_2450",
        sources=True,
        least=35,
        values=(
            done("call", "apply_voltage", 20, 0.105),
            done("set", "source_voltage", VOLTS),
            done("call", "enable_source"),
            done("call", "measure_current", 1, 0.1),
            got("current", AMPERES),
            done("call", "measure_voltage", 1, 20),
            got("voltage", VOLTS),
            done("call", "disable_source"),
        ),
        leave={
            "buffer_points": [1],  # ten at least
            # Limits have no sign.
            "compliance_current": [-1.05, -0.525],
            "compliance_voltage": [-210, -105.0],
            # A quantity that is sourced is measured in the range of the source.
            "voltage_range": ALL,
        },
    ),
    Case(
        driver=f"{QCODES}.Keithley.Keithley2450",
        simulator="keithley_2450",
        sources=True,
        least=49,
        values=(
            done("set", "source_function", "voltage"),
            done("set", "_source_voltage.limit", 0.1),
            done("set", "_source_voltage.voltage", VOLTS),
            done("set", "output_enabled", True),
            done("set", "sense_function", "current"),
            got("_sense_current.current", AMPERES),
            done("set", "sense_function", "voltage"),
            got("_sense_voltage.voltage", VOLTS),
        ),
        leave={
            # Asked as "USERNone?"; and sweeps that have to be set up first.
            **{f"_sense_{each}.{name}": ALL for each in QUANTITIES for name in UNASKED},
            **{f"_source_{each}.{name}": ALL for each in QUANTITIES for name in UNASKED},
            # The walk changes the function, which switches the output off: no reading without it.
            **{f"_sense_{each}.{each}": ALL for each in QUANTITIES},
            **{f"_sense_{each}.nplc": [0.001] for each in QUANTITIES},  # 0.01 at least
            # A quantity that is sourced is measured in the range of the source.
            "_sense_voltage.range": ALL,
        },
    ),
    Case(
        driver=f"{PYMEASURE}.agilent.AgilentE4980",
        simulator="keysight_e4980a",
        least=9,
        values=(
            done("set", "frequency", 1000.0),
            done("set", "mode", "RX"),
            done("set", "trigger_source", "INT"),
            (("first", "impedance"), OHMS),
        ),
        leave={"ac_current": ALL},  # the level is one of voltage
    ),
    Case(
        driver=f"{QCODES}.Keysight.KeysightE4980A",
        simulator="keysight_e4980a",
        least=14,
        values=(
            done("set", "frequency", 1000.0),
            got("measure_impedance.resistance", OHMS),
        ),
        leave={"current_level": ALL},  # the level is one of voltage
    ),
    Case(
        driver=f"{PYMEASURE}.keysight.KeysightDSOX1102G",
        simulator="keysight_dsox1204g",
        options={"timeout": None},
        least=15,
        values=(
            done("set", "ch1.range", 40.0),
            done("call", "digitize", "channel1"),
            done("set", "waveform_source", "channel1"),
            (("mean", "waveform_data"), VOLTS),
        ),
    ),
    Case(
        driver=f"{QCODES}.rigol.RigolDS1074Z",
        simulator="rigol_ds1104z",
        least=12,
        values=(
            done("set", "channels.0.vertical_scale", 2.0),
            (("mean", "channels.0.trace"), VOLTS),
        ),
        leave={"trigger_edge_slope": ["neither"]},  # the instrument says RFALl
    ),
    Case(
        driver=f"{PYMEASURE}.siglenttechnologies.SDS1072CML",
        simulator="siglent_sds1104xe",
        over="hislip",
        options={"read_termination": None},  # its blocks may hold any byte
        least=10,
        queue=False,
        values=(
            done("set", "channel_1.vertical_division", 2.0),
            (("mean", "channel_1.get_waveform"), VOLTS),
        ),
        # The model has neither an error queue nor these; its time scale goes 1, 2, 5.
        leave={"next_error": ALL, "options": ALL, "template": ALL, "time_division": [12.5]},
    ),
    Case(
        driver=f"{CONTRIB}.Siglent.sds.Siglent_SDS_120NxE",
        simulator="siglent_sds1104xe",
        least=0,
        queue=False,
        values=((("call", "get_num_samples"), 14000.0),),
    ),
    Case(
        driver=f"{QCODES}.rigol.RigolDG1062",
        simulator="rigol_dg1062z",
        least=38,
        values=(
            done("call", "ch1.apply", SINE),
            done("set", "ch1.state", "ON"),
            got("ch1.freq", SINE["freq"]),
            got("ch1.ampl", SINE["ampl"]),
        ),
        # Of a sine there is none.
        leave={"ch1.duty_cycle": ALL, "ch2.duty_cycle": ALL},
    ),
)

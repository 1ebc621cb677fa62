"""The measuring functions of a Keysight scanner.

Source: Keysight DAQ970A/DAQ973A Programming Guide, DAQ970-90012, "CONFigure Subsystem".
"""

__all__ = ["FUNCTIONS"]

# Function to its header, unit, and ranges.
FUNCTIONS = {
    "VOLT": ("VOLTage[:DC]", "VDC", (0.1, 1.0, 10.0, 100.0, 300.0)),
    "VOLT:AC": ("VOLTage:AC", "VAC", (0.1, 1.0, 10.0, 100.0, 300.0)),
    "CURR": ("CURRent[:DC]", "ADC", (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0)),
    "CURR:AC": ("CURRent:AC", "AAC", (1e-4, 1e-3, 1e-2, 0.1, 1.0)),
    "RES": ("RESistance", "OHM", (100.0, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9)),
    "FRES": ("FRESistance", "OHM", (100.0, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9)),
    "FREQ": ("FREQuency", "HZ", (0.1, 1.0, 10.0, 100.0, 300.0)),
    "PER": ("PERiod", "S", (0.1, 1.0, 10.0, 100.0, 300.0)),
    "CAP": ("CAPacitance", "F", (1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4)),
    "DIOD": ("DIODe", "VDC", (10.0,)),
    "TEMP": ("TEMPerature", "C", (1.0,)),
}  # fmt: skip

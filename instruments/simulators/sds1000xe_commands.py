"""Plain settings of Siglent's SDS1000X-E oscilloscopes, and what they work out of a record.

Source: Siglent Programming Guide SDS1000 Series, SDS2000X and SDS2000X-E, PG01-E02E.
"""

__all__ = ["CHOICES", "ITEMS", "MEMORY", "NUMBERS", "TRIGGERS"]

# Memory of both kinds: with one input of a pair in use, or with both.
MEMORY = {"7K": 7e3, "70K": 7e4, "700K": 7e5, "7M": 7e6, "14K": 14e3, "140K": 14e4, "1.4M": 14e5,
           "14M": 14e6}  # fmt: skip
ITEMS = {"PKPK": ("pp", "V"), "MAX": ("max", "V"), "MIN": ("min", "V"), "AMPL": ("amplitude", "V"),
         "TOP": ("top", "V"), "BASE": ("base", "V"), "MEAN": ("mean", "V"), "RMS": ("rms", "V"),
         "PER": ("period", "S"), "FREQ": ("frequency", "Hz"), "RISE": ("rise", "S"),
         "FALL": ("fall", "S"), "WID": ("width", "S"), "NWID": ("gap", "S"), "DUTY": ("duty", "%"),
         "NDUTY": ("gap duty", "%")}  # fmt: skip
# Name, short and long header, default, lowest and highest value, unit.
NUMBERS = (
    ("scale", "C#:VDIV", "VOLT_DIV", 1.0, 5e-5, 1e5, "V"),
    ("time scale", "TDIV", "TIME_DIV", 1e-6, 1e-9, 100.0, "S"),
    ("offset", "C#:OFST", "OFFSET", 0.0, -1e5, 1e5, "V"),
    ("skew", "C#:SKEW", "SKEW", 0.0, -1e-7, 1e-7, "S"),
    ("delay", "TRDL", "TRIG_DELAY", 0.0, -1e3, 1e3, "S"),
)
CHOICES = (
    ("coupling", "C#:CPL", "COUPLING", "A1M|D1M|GND", "D1M"),
    ("trace", "C#:TRA", "TRACE", "ON|OFF", "OFF"),
    ("inverted", "C#:INVS", "INVERTSET", "ON|OFF", "OFF"),
    ("unit", "C#:UNIT", "UNIT", "V|A", "V"),
    ("mode", "TRMD", "TRIG_MODE", "AUTO|NORM|SINGLE|STOP", "AUTO"),
    ("averages", "AVGA", "AVERAGE_ACQUIRE", "4|16|32|64|128|256|512|1024", "16"),
    ("memory", "MSIZ", "MEMORY_SIZE", "|".join(MEMORY), "14M"),
    ("buzzer", "BUZZ", "BUZZER", "ON|OFF", "ON"),
    ("dots", "DTJN", "DOT_JOIN", "ON|OFF", "ON"),
    ("menu", "MENU", "MENU", "ON|OFF", "ON"),
)
TRIGGERS = (
    ("slope", "TRSL", "TRIG_SLOPE", "NEG|POS|WINDOW", "POS"),
    ("trigger coupling", "TRCP", "TRIG_COUPLING", "AC|DC|HFREJ|LFREJ", "DC"),
)

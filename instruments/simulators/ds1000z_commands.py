"""Plain settings of Rigol's DS1000Z oscilloscopes, and what they work out of a record.

Source: Rigol MSO1000Z/DS1000Z Series Programming Guide, PGA19108-1110.
"""

__all__ = ["CHOICES", "FLAGS", "ITEMS", "NUMBERS"]

ITEMS = {"VMAX": "max", "VMIN": "min", "VPP": "pp", "VTOP": "top", "VBASe": "base",
         "VAMP": "amplitude", "VAVG": "mean", "VRMS": "rms", "PERiod": "period",
         "FREQuency": "frequency", "RTIMe": "rise", "FTIMe": "fall", "PWIDth": "width",
         "NWIDth": "gap", "PDUTy": "duty", "NDUTy": "gap duty"}  # fmt: skip
NUMBERS = (
    ("scale", "CHANnel#:SCALe", 1.0, 1e-5, 1e4),
    ("offset", "CHANnel#:OFFSet", 0.0, -1e5, 1e5),
    ("probe", "CHANnel#:PROBe", 10.0, 0.01, 1000.0),
    ("deskew", "CHANnel#:TCAL", 0.0, -1e-7, 1e-7),
    ("time scale", "TIMebase[:MAIN]:SCALe", 1e-6, 5e-9, 50.0),
    ("time offset", "TIMebase[:MAIN]:OFFSet", 0.0, -1e3, 1e3),
    ("level", "TRIGger:EDGe:LEVel", 0.0, -1e4, 1e4),
    ("holdoff", "TRIGger:HOLDoff", 1.6e-8, 1.6e-8, 10.0),
    ("brightness", "DISPlay:WBRightness", 50.0, 0.0, 100.0),
)
FLAGS = (
    ("display", "CHANnel#:DISPlay", False),
    ("inverted", "CHANnel#:INVert", False),
    ("vernier", "CHANnel#:VERNier", False),
    ("noise reject", "TRIGger:NREJect", False),
    ("delayed", "TIMebase:DELay:ENABle", False),
    ("auto allowed", "SYSTem:AUToscale", True),
)
CHOICES = (
    ("coupling", "CHANnel#:COUPling", "AC|DC|GND", "DC"),
    ("band", "CHANnel#:BWLimit", "20M|OFF", "OFF"),
    ("unit", "CHANnel#:UNITs", "VOLTage|WATT|AMPere|UNKNown", "VOLT"),
    ("time mode", "TIMebase:MODE", "MAIN|XY|ROLL", "MAIN"),
    ("type", "ACQuire:TYPE", "NORMal|AVERages|PEAK|HRESolution", "NORM"),
    ("trigger", "TRIGger:MODE", "EDGE|PULSe|RUNT|WIND|NEDG|SLOPe|VIDeo|PATTern|DELay|TIMeout|"
     "DURation|SHOLd|RS232|IIC|SPI", "EDGE"),
    ("source", "TRIGger:EDGe:SOURce", "CHANnel1|CHANnel2|CHANnel3|CHANnel4|AC", "CHAN1"),
    ("slope", "TRIGger:EDGe:SLOPe", "POSitive|NEGative|RFALl", "POS"),
    ("trigger coupling", "TRIGger:COUPling", "AC|DC|LFReject|HFReject", "DC"),
    ("sweep", "TRIGger:SWEep", "AUTO|NORMal|SINGle", "AUTO"),
    ("wave source", "WAVeform:SOURce", "CHANnel1|CHANnel2|CHANnel3|CHANnel4", "CHAN1"),
    ("wave mode", "WAVeform:MODE", "NORMal|MAXimum|RAW", "NORM"),
    ("form", "WAVeform:FORMat", "WORD|BYTE|ASCii", "BYTE"),
    ("measured", "MEASure:SOURce", "CHANnel1|CHANnel2|CHANnel3|CHANnel4", "CHAN1"),
)  # fmt: skip

"""Plain settings of Rigol's DG1000Z generators: name, header, and what is accepted.

Source: Rigol DG1000Z Series Programming Guide, PGB09106-1110.
"""

__all__ = ["CHOICES", "NUMBERS", "SWITCHES"]

NUMBERS = (
    ("phase", "[SOURce#:]PHASe[:ADJust]", 0.0, 0.0, 360.0),
    ("square duty", "[SOURce#:]FUNCtion:SQUare:DCYCle", 50.0, 0.01, 99.99),
    ("symmetry", "[SOURce#:]FUNCtion:RAMP:SYMMetry", 50.0, 0.0, 100.0),
    ("pulse duty", "[SOURce#:][FUNCtion:]PULSe:DCYCle", 20.0, 0.001, 99.999),
    ("leading", "[SOURce#:][FUNCtion:]PULSe:TRANsition[:LEADing]", 1e-8, 1e-8, 0.6),
    ("trailing", "[SOURce#:][FUNCtion:]PULSe:TRANsition:TRAiling", 1e-8, 1e-8, 0.6),
    ("arb rate", "[SOURce#:]FUNCtion:ARB:SRATe", 20e6, 1e-6, 6e7),
    ("limit high", "OUTPut#:VOLLimit:HIGH", 10.0, -10.0, 10.0),
    ("limit low", "OUTPut#:VOLLimit:LOW", -10.0, -10.0, 10.0),
    ("sync delay", "OUTPut#:SYNC:DELay", 0.0, 0.0, 1e6),
    ("start", "[SOURce#:]FREQuency:STARt", 100.0, 1e-6, 60e6),
    ("stop", "[SOURce#:]FREQuency:STOP", 1e3, 1e-6, 60e6),
    ("sweep time", "[SOURce#:]SWEep:TIME", 1.0, 1e-3, 500.0),
    ("stop hold", "[SOURce#:]SWEep:HTIMe[:STOP]", 0.0, 0.0, 500.0),
    ("start hold", "[SOURce#:]SWEep:HTIMe:STARt", 0.0, 0.0, 500.0),
    ("return time", "[SOURce#:]SWEep:RTIMe", 0.0, 0.0, 500.0),
    ("sweep steps", "[SOURce#:]SWEep:STEP", 2.0, 2.0, 1024.0),
    ("cycles", "[SOURce#:]BURSt:NCYCles", 1.0, 1.0, 1e6),
    ("burst period", "[SOURce#:]BURSt:INTernal:PERiod", 0.01, 1e-6, 500.0),
    ("burst phase", "[SOURce#:]BURSt:PHASe", 0.0, 0.0, 360.0),
    ("burst delay", "[SOURce#:]BURSt:TDELay", 0.0, 0.0, 100.0),
    ("am depth", "[SOURce#:][MOD:]AM[:DEPTh]", 100.0, 0.0, 120.0),
    ("fm deviation", "[SOURce#:][MOD:]FM[:DEViation]", 1e3, 0.0, 60e6),
    ("pm deviation", "[SOURce#:][MOD:]PM[:DEViation]", 90.0, 0.0, 360.0),
    ("pwm deviation", "[SOURce#:][MOD:]PWM[:DEViation:DCYCle]", 20.0, 0.0, 50.0),
    ("ask amplitude", "[SOURce#:][MOD:]ASKey:AMPLitude", 2.0, 0.0, 20.0),
    ("fsk hop", "[SOURce#:][MOD:]FSKey[:FREQuency]", 1e4, 1e-6, 60e6),
    ("psk phase", "[SOURce#:][MOD:]PSKey:PHASe", 180.0, 0.0, 360.0),
    ("ask rate", "[SOURce#:][MOD:]ASKey:INTernal[:RATE]", 100.0, 2e-3, 1e6),
    ("fsk rate", "[SOURce#:][MOD:]FSKey:INTernal[:RATE]", 100.0, 2e-3, 1e6),
    ("psk rate", "[SOURce#:][MOD:]PSKey:INTernal[:RATE]", 100.0, 2e-3, 1e6),
)
SWITCHES = (
    ("output", "OUTPut#[:STATe]", False),
    ("sync", "OUTPut#:SYNC[:STATe]", True),
    ("limit", "OUTPut#:VOLLimit:STATe", False),
    ("modulation", "[SOURce#:]MOD[:STATe]", False),
    ("sweep", "[SOURce#:]SWEep[:STATe]", False),
    ("burst", "[SOURce#:]BURSt[:STATe]", False),
    ("range auto", "[SOURce#:]VOLTage:RANGe:AUTO", True),
)
CHOICES = (
    ("polarity", "OUTPut#:POLarity", "NORMal|INVerted", "NORM"),
    ("gate", "OUTPut#:GATe:POLarity", "POSitive|NEGative", "POS"),
    ("sync polarity", "OUTPut#:SYNC:POLarity", "POSitive|NEGative", "POS"),
    ("modulation type", "[SOURce#:]MOD:TYPe", "AM|FM|PM|ASKey|FSKey|PSKey|PWM", "AM"),
    ("spacing", "[SOURce#:]SWEep:SPACing", "LINear|LOGarithmic|STEp", "LIN"),
    ("sweep source", "[SOURce#:]SWEep:TRIGger:SOURce", "INTernal|EXTernal|MANual", "INT"),
    ("burst mode", "[SOURce#:]BURSt:MODE", "TRIGgered|INFinity|GATed", "TRIG"),
    ("burst gate", "[SOURce#:]BURSt:GATE:POLarity", "NORMal|INVerted", "NORM"),
    ("burst source", "[SOURce#:]BURSt:TRIGger:SOURce", "INTernal|EXTernal|MANual", "INT"),
    ("burst slope", "[SOURce#:]BURSt:TRIGger:SLOPe", "POSitive|NEGative", "POS"),
    ("idle", "[SOURce#:]BURSt:IDLE", "FPT|TOP|CENTER|BOTTOM", "FPT"),
)

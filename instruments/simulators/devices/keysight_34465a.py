"""Simulated Keysight 34465A, or another multimeter of its family.

Sources: Keysight Truevolt Series Operating and Service Guide, 34460-90901; of the others, the
User's Guides of 34410A/11A (34410-90001), 34401A (34401-90004) and 34450A (34450-90001).
"""

from instruments.simulators.multimeter import Multimeter
from instruments.simulators.scpi_device import ScpiDevice
from instruments.simulators.site import Site

__all__ = ["make"]

# Model to its identity, the serial number left out, and the most samples and triggers it takes.
_MODELS = {
    "34401A": ("HEWLETT-PACKARD,34401A,0,11-5-2", 50_000, 50_000),
    "34410A": ("Agilent Technologies,34410A,{},2.35-2.35-0.09-46-09", 50_000, 1_000_000),
    "34411A": ("Agilent Technologies,34411A,{},2.35-2.35-0.09-46-09", 1_000_000, 1_000_000),
    "34450A": ("Keysight Technologies,34450A,{},01.02-01.00", 5_000, 5_000),
    "34460A": ("Keysight Technologies,34460A,{},A.02.14-02.40-02.14-00.49-01-01", 10**6, 10**6),
    "34461A": ("Keysight Technologies,34461A,{},A.02.14-02.40-02.14-00.49-01-01", 10**6, 10**6),
    "34465A": ("Keysight Technologies,34465A,{},A.03.03-03.15-03.03-00.52-02-01", 10**9, 10**9),
    "34470A": ("Keysight Technologies,34470A,{},A.03.03-03.15-03.03-00.52-02-01", 10**9, 10**9),
}
_PRETRIGGER = 49_999  # without the memory option; a 34411A takes 999,999


class _Meter(Multimeter):
    apertures = (2e-5, 2.0)

    def __init__(self, site: Site, model: str) -> None:
        identity, samples, triggers = _MODELS[model]
        self.resolution = 1.5e-6 if model == "34450A" else 3e-6
        super().__init__(site, identity.format(site.serial))
        self.number("samples", "SAMPle:COUNt", 1, 1, samples, form="+d")
        self.number("triggers", "TRIGger:COUNt", 1, 1, triggers)
        before = 999_999 if model == "34411A" else _PRETRIGGER
        self.number("pretrigger", "SAMPle:COUNt:PRETrigger", 0, 0, before, form="+d")
        self.number("level", "TRIGger:LEVel", 0.0, -1000.0, 1000.0)
        self.choice("slope", "TRIGger:SLOPe", "POSitive|NEGative", "NEG")
        self.flag("impedance", "INPut:IMPedance:AUTO")
        for function in ("FREQ", "PER"):
            header = f"[SENSe#:]{'FREQuency' if function == 'FREQ' else 'PERiod'}:CURRent:RANGe"
            self.number(f"{function}:CURR range", f"{header}[:UPPer]", 0.1, 0.0, 10.0)
            self.flag(f"{function}:CURR auto", f"{header}:AUTO", True)


def make(site: Site) -> ScpiDevice:
    """Put a meter on the bench: a 34465A, or the model that the bench's wiring names."""
    model = str(site.options.get("model", "34465A"))
    if model not in _MODELS:
        raise ValueError(f"model {model!r} is refused; accepted: {', '.join(_MODELS)}")
    return _Meter(site, model)

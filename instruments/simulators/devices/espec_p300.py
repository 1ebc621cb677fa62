"""Simulated ESPEC P-300 controller of the chamber on its bench."""

from instruments.simulators.site import Site

__all__ = ["make"]

_LOWEST, _HIGHEST = -45.0, 150.0


class _Controller:
    end = "\r\n"
    over = "serial"
    busy = "NA:CONT NOT READY-1"
    locked = "NA:REMOTE COMMAND DISABLED"
    stranger = "T,T,P-200,100.0"

    def __init__(self, site: Site) -> None:
        self._site = site
        self._world = site.world
        self._say = site.say
        self._delivered = 0
        site.world.watch(site.role, lambda: site.world.chamber.running)

    def power_on(self) -> None:
        """Come back in standby, as the controller is shipped."""
        self._run("", False)

    def handle(self, line: str) -> str:
        """Answer one line; a setting is echoed behind ``OK:``."""
        chamber = self._world.chamber
        fields = [field.strip() for field in line.split(",")]
        match fields:
            case ["ROM?"]:
                return "P300ROM,1.10"
            case ["TYPE?"]:
                return f"T,T,P-300,{_HIGHEST:.1f}"
            case ["MODE?"]:
                return self._mode()
            case ["MON?"]:
                return f"{chamber.air:.1f},0,{self._mode()},0"
            case ["TEMP?"]:
                self._delivered += 1
                self._say("delivered", samples=self._delivered)
                return f"{chamber.air:.1f},{chamber.set_point:.1f},{_HIGHEST:.1f},{_LOWEST:.1f}"
            case ["TEMP", point] if point.startswith("S"):
                return self._set_point(line, point[1:])
            case ["MODE", "CONSTANT"] | ["POWER", "ON"]:
                return self._run(line, True)
            case ["MODE", "STANDBY" | "OFF"] | ["POWER", "OFF"]:
                return self._run(line, False)
        return "NA:CMD ERR"

    def _mode(self) -> str:
        return "CONSTANT" if self._world.chamber.running else "STANDBY"

    def _set_point(self, line: str, text: str) -> str:
        try:
            value = float(text)
        except ValueError:
            return "NA:PARA ERR"
        if not _LOWEST <= value <= _HIGHEST:
            return "NA:DATA OUT OF RANGE"
        self._world.chamber.set_point = value
        return f"OK:{line}"

    def _run(self, line: str, on: bool) -> str:
        if on is not self._world.chamber.running:
            self._say("output", on=on)
        self._world.chamber.running = on
        return f"OK:{line}"


def make(site: Site) -> _Controller:
    """Put a controller on the bench."""
    return _Controller(site)

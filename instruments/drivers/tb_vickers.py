"""Vickers hardness tester that speaks the Testbed protocol over a serial line.

Source: docs/reference/vickers-protocol.md; test forces and the formula from ISO 6507-1:2023,
limits of a verified machine from ISO 6507-2:2018.
"""

import math
from collections.abc import Mapping

from instruments import scpi
from instruments.accuracy import NOMINAL, Accuracy, Conditions, Span
from instruments.errors import SettingRefused
from instruments.link import Link
from instruments.model import Model
from instruments.ranges import Range
from instruments.readings import Indentation
from instruments.roles import HardnessTester
from instruments.sealed_instrument import SealedInstrument
from instruments.settings import Settings

__all__ = ["TbVickers"]

_FORCES = (49.03, 98.07, 196.1, 294.2, 490.3)  # [N]; HV5, HV10, HV20, HV30, HV50
_CONSTANT = 0.1891  # of ISO 6507-1, for newtons and millimetres
_MOVING = ("APPROACHING", "LOADING", "HOLDING", "LIFTING", "MEASURING")
_CYCLE = 30.0  # [s] beside the dwell, with room
_LONGEST = 99.0  # [s] of dwell
_STEP = 1e-4  # [mm] of a diagonal


class TbVickers(SealedInstrument):
    """A hardness tester; every indentation names the force and the dwell it is made with."""

    about = Model(
        maker="TESTBED",
        name="HV-50",
        manual="docs/reference/vickers-protocol.md",
        plays=(HardnessTester,),
        ranges=(Range("force", _FORCES[0], _FORCES[-1], "N"), Range("dwell", 2.0, _LONGEST, "s")),
        accuracy={
            "hardness": Accuracy(
                unit="HV",
                page="ISO 6507-2:2018, indirect verification: bias of a machine, HV5 to HV50",
                spans={365: (Span(top=1500.0, reading=3.0),)},
            ),
            "diagonal": Accuracy(
                unit="mm",
                page="ISO 6507-2:2018, verification of the diagonal measuring system",
                spans={365: (Span(top=0.04, reading=0.0, floor=4e-4), Span(top=1.0, reading=1.0))},
            ),
        },
        line="text",
        baud=115200,
    )

    def __init__(
        self,
        link: Link,
        ranges: Mapping[str, Range],
        conditions: Conditions = NOMINAL,
        serial: str = "",
    ) -> None:
        super().__init__(link, ranges, conditions, serial)
        self._force: float | None = None
        self._dwell: float | None = None

    def _confirmed(self, question: str, head: str, value: float, *, doing: str) -> None:
        reply = self.ask(question, head, doing=doing)
        if not math.isclose(scpi.number(reply), value, rel_tol=1e-6):
            raise self.fault("another value was taken", doing=doing, command=question, reply=reply)

    def set_force(self, newtons: float) -> None:
        """Choose the test force [N]: one of those of HV5, HV10, HV20, HV30 and HV50."""
        self.accepted("force", newtons)
        nominal = [each for each in _FORCES if math.isclose(each, newtons, rel_tol=1e-3)]
        if not nominal:
            accepted = ", ".join(f"{each:g}" for each in _FORCES)
            raise SettingRefused("force", newtons, f"{accepted} N")
        value = nominal[0]
        self._confirmed(f"FO {value:g}", "FO", value, doing=f"choose {value:g} N")
        self._force = value

    def set_dwell(self, seconds: float) -> None:
        """Choose how long the force acts [s]."""
        value = round(self.accepted("dwell", seconds), 1)
        self._confirmed(f"DW {value:g}", "DW", value, doing=f"choose a dwell of {value:g} s")
        self._dwell = value

    def _present_force(self) -> float:
        return scpi.number(self.ask("FO?", "FO", doing="read the test force"))

    def _present_dwell(self) -> float:
        return scpi.number(self.ask("DW?", "DW", doing="read the dwell"))

    def indent(self) -> Indentation:
        """Make one indentation at a fresh place and measure it.

        Raises
        ------
        InstrumentFault
            The machine has lost force or dwell, was aborted, or cannot measure the indentation.
        """
        doing = "make an indentation"
        self.await_rest(_MOVING, within=_LONGEST + _CYCLE, doing=doing)
        force = self._present_force() if self._force is None else self._force
        dwell = self._present_dwell() if self._dwell is None else self._dwell
        number = self.ask(f"IN {force:g} {dwell:g}", "IN", doing=doing)
        self.await_rest(_MOVING, within=dwell + _CYCLE, doing=doing)
        return self._measured(number, force, dwell)

    def _measured(self, number: str, force: float, dwell: float) -> Indentation:
        doing = f"measure indentation {number}"
        question = f"RD? {number}"
        found = self.fields(question, "RD", 6, doing=doing)
        made, held, first, second, hardness = map(scpi.number, found[1:])
        if found[0] != number or not (
            math.isclose(made, force, rel_tol=1e-6) and math.isclose(held, dwell, rel_tol=1e-6)
        ):
            raise self.nonsense(
                "another indentation was measured",
                doing=doing,
                command=question,
                reply=";".join(found),
            )
        vickers = _vickers(force, first, second)
        # Printed with a tenth; calculated, perhaps, from diagonals with more digits.
        if vickers is None or abs(hardness - vickers) > 0.06 + vickers * _STEP / first:
            raise self.nonsense(
                "the hardness is not that of the diagonals",
                doing=doing,
                command=question,
                reply=";".join(found),
            )
        return Indentation(
            hardness=self.reading(vickers, "hardness"),
            diagonals=(self.reading(first, "diagonal"), self.reading(second, "diagonal")),
            force=force,
        )

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back force [N], dwell [s] and state."""
        return Settings(force=self._present_force, dwell=self._present_dwell, state=self._state)

    def _state(self) -> str:
        state = self.ask("ST?", "ST", doing="read the state")
        if state not in ("READY", *_MOVING):
            raise self.nonsense("unknown state", doing="read the state", reply=state)
        return state

    def make_safe(self) -> None:
        """Lift the indenter and read back that it is up."""
        doing = "lift the indenter"
        self.ask("AB", "OK", doing=doing)
        if (state := self._state()) != "READY":
            raise self.fault(f"the indenter is not up: {state}", doing=doing)


def _vickers(force: float, first: float, second: float) -> float | None:
    """Give the hardness [HV] for a force [N] and diagonals [mm]; None where these are none."""
    if not min(first, second) > 0.0:
        return None
    return _CONSTANT * force / ((first + second) / 2) ** 2

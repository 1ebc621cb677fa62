"""What is known of a channel before its first sample: by what it is measured, and how well."""

from collections.abc import Iterator, Mapping

from instruments.accuracy import SQRT_3, Accuracy, Bound, Conditions
from instruments.model import Model
from instruments.roles import Instrument
from testbed.procedure import Channel

__all__ = ["Known"]

Attribute = str | float | int
_FACTS = {"equipment": "equipment", "certificate": "certificate",
          "calibrated_on": "calibrated_on", "calibrated_until": "calibration_due"}  # fmt: skip


class Known:
    """The instruments of a run, as far as they say something of its channels.

    Parameters
    ----------
    attributes
        Of the whole run: ``<role>_serial``, ``<role>_calibrated_until`` and the like.
    """

    def __init__(
        self, connected: Mapping[str, Instrument], attributes: Mapping[str, Attribute]
    ) -> None:
        self._connected = connected
        self._attributes = attributes

    def of(self, channel: Channel) -> dict[str, Attribute]:
        """Give the attributes of a channel; what several instruments measure names each."""
        roles = [role for role in channel.roles if role in self._connected]
        if not roles:
            return {}
        told = [self._told(role, channel) for role in roles]
        found: dict[str, Attribute] = {"instrument_role": ", ".join(roles)}
        for name in dict.fromkeys(name for each in told for name in each):
            values = [str(each.get(name, "")) for each in told]
            if len(roles) == 1:
                found[name] = told[0][name]
            elif name != "standard_uncertainty":
                found[name] = "; ".join(
                    f"{role}: {value}" for role, value in zip(roles, values, strict=True) if value
                )
        return found

    def _told(self, role: str, channel: Channel) -> dict[str, Attribute]:
        def fact(name: str) -> str:
            return str(self._attributes.get(f"{role}_{name}", ""))

        found: dict[str, Attribute] = {
            "instrument": f"{fact('maker')} {fact('model')}".strip(),
            "instrument_serial": fact("serial"),
        }
        found |= {name: value for key, name in _FACTS.items() if (value := fact(key))}
        days = self._attributes.get(f"{role}_days_since_calibration")
        ambient = self._attributes.get("room_temperature")
        conditions = Conditions()
        if days is not None and ambient is not None:
            conditions = Conditions(since_calibration=float(days), ambient=float(ambient))
        specified = dict(_specified(self._connected[role], channel))
        if specified:
            texts = (
                f"{name}: {_text(accuracy, conditions)}" for name, accuracy in specified.items()
            )
            found["accuracy"] = "; ".join(texts)
        if len(specified) == 1:
            (accuracy,) = specified.values()
            if (constant := _constant(accuracy.bounds(conditions))) is not None:
                found["standard_uncertainty"] = constant
        return found


def _specified(instrument: Instrument, channel: Channel) -> Iterator[tuple[str, Accuracy]]:
    """Name the measuring functions that can be meant by a channel."""
    about = getattr(instrument, "about", None)
    if not isinstance(about, Model):
        return
    for name, accuracy in about.accuracy.items():
        if accuracy.unit == channel.unit and channel.function in ("", name):
            yield name, accuracy


def _text(accuracy: Accuracy, conditions: Conditions) -> str:
    """Say what the maker admits under the conditions of the run, and where he says it."""
    lines = []
    for bound in accuracy.bounds(conditions):
        terms = [f"{100.0 * bound.share:.3g} % of reading"] if bound.share else []
        terms += [f"{bound.constant:.3g} {accuracy.unit}"] if bound.constant else []
        lines.append(f"up to {bound.reach:g} {accuracy.unit} ±({' + '.join(terms)})")
    said = ", ".join(dict.fromkeys(lines)) or "not specified so long after calibration"
    return f"{said} [{accuracy.page}]"


def _constant(bounds: tuple[Bound, ...]) -> float | None:
    """Give the standard uncertainty where it is the same for every reading."""
    constants = {bound.constant for bound in bounds}
    if len(constants) != 1 or any(bound.share for bound in bounds):
        return None
    return constants.pop() / SQRT_3

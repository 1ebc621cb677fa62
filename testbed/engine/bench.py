"""A bench as its file describes it, and the instruments that fill its roles."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from instruments import registry
from instruments.accuracy import Conditions
from instruments.errors import InstrumentError, SettingRefused
from instruments.roles import Instrument
from testbed.domain.names import Name
from testbed.engine.safety import Action, all_bounded, bounded

__all__ = [
    "Bench",
    "ConnectionFailed",
    "RoleSetting",
    "connect",
    "make_safe",
    "prove_safe",
    "safe_steps",
]

_CONNECT = 15.0  # [s]
_SAFE = 15.0  # [s]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSetting:
    """Which instrument plays a role.

    Attributes
    ----------
    equipment
        Its code in the register, "" if it has none.
    options
        Further keyword arguments of the driver.
    """

    role: str
    driver: str
    address: str
    serial: str
    equipment: str = ""
    limits: Mapping[str, float] = field(default_factory=dict)
    options: Mapping[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A bench with its roles.

    Attributes
    ----------
    ambient
        Temperature of its room [degC] where the bench file states it.
    """

    name: str
    title: Name
    roles: Mapping[str, RoleSetting]
    visa_library: str = "@py"
    ambient: float | None = None


class ConnectionFailed(Exception):
    """A role could not be filled; the cause is the error of its driver."""

    def __init__(self, role: str, cause: Exception) -> None:
        self.role = role
        self.cause = cause
        super().__init__(f"{role}: {cause}")


def connect(
    bench: Bench, roles: Iterable[str], conditions: Mapping[str, Conditions] | None = None
) -> dict[str, Instrument]:
    """Connect to the instruments of the given roles; all of them or none.

    Parameters
    ----------
    conditions
        By role: under which the readings' uncertainty is stated.

    Raises
    ------
    ConnectionFailed
        One of them does not answer, or is another instrument than the bench file says.
    """
    connected: dict[str, Instrument] = {}
    for role in roles:
        try:
            setting = bench.roles[role]
            options = dict(setting.options)
            if "::" in setting.address:
                options["visa_library"] = bench.visa_library
            connected[role] = bounded(
                lambda role=role, setting=setting, options=options: registry.connect(  # type: ignore[misc]
                    setting.driver,
                    setting.address,
                    serial=setting.serial or None,
                    limits=setting.limits,
                    conditions=(conditions or {}).get(role),
                    **options,
                ),
                _CONNECT,
            )
        except (InstrumentError, SettingRefused, LookupError, TimeoutError, TypeError) as error:
            close(connected.values())
            raise ConnectionFailed(role, error) from error
    return connected


def safe_steps(connected: Mapping[str, Instrument]) -> tuple[Action, ...]:
    """Give by role how each instrument is driven safe and read back."""
    return tuple((role, instrument.make_safe) for role, instrument in connected.items())


def make_safe(connected: Mapping[str, Instrument]) -> dict[str, str]:
    """Drive every role safe, all at the same time; gives the failures by role."""
    return all_bounded(safe_steps(connected), _SAFE)


def prove_safe(bench: Bench, roles: Iterable[str]) -> dict[str, str]:
    """Drive roles safe over connections of their own, all at the same time; gives the failures.

    An instrument that only measures has nothing to be proven, and may be away.
    """

    def proof(role: str) -> Callable[[], None]:
        def prove() -> None:
            try:
                alone = connect(bench, (role,))
            except ConnectionFailed as failure:
                raise failure.cause from None
            try:
                alone[role].make_safe()
            finally:
                close(alone.values())

        return prove

    driving = [role for role in roles if _drives(bench, role)]
    return all_bounded(((role, proof(role)) for role in driving), _CONNECT + _SAFE)


def _drives(bench: Bench, role: str) -> bool:
    try:
        return registry.load(bench.roles[role].driver).about.outputs > 0
    except LookupError:
        return True


def close(connected: Iterable[Instrument]) -> None:
    """Give all links back."""
    for instrument in connected:
        with suppress(InstrumentError, OSError):
            instrument.close()

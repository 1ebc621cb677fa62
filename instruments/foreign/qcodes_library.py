"""QCoDeS' instruments; the library is imported when the first of them is used."""

from collections.abc import Mapping
from importlib import import_module
from itertools import count
from typing import Any

from instruments.foreign.driver import Foreign
from instruments.foreign.loading import class_of, owner_of
from instruments.foreign.resource import SessionResource
from instruments.foreign.session import Session

__all__ = ["qcodes"]

_NUMBERS = count(1)  # QCoDeS wants a name of its own for each instrument


class _Qcodes:
    name = "QCoDeS"

    def driver_class(self, what: str) -> type[Any]:
        return class_of(self.name, "qcodes.instrument_drivers", "qcodes", what)

    def build(self, kind: type[Any], session: Session, arguments: Mapping[str, Any]) -> object:
        # The greeting would ask for the identity once more, and print it.
        silent = type(kind.__name__, (kind,), {"connect_message": lambda *_, **__: None})
        return silent(
            f"testbed_{next(_NUMBERS)}",
            None,
            resource=SessionResource(session),
            device_clear=False,
            **arguments,
        )

    def has(self, driver: object, place: str) -> bool:
        try:
            owner, name = owner_of(driver, place)
        except (AttributeError, LookupError):
            return False
        return name in getattr(owner, "parameters", {}) or hasattr(type(owner), name)

    def get(self, driver: object, place: str) -> object:
        owner, name = owner_of(driver, place)
        parameters = getattr(owner, "parameters", {})
        return parameters[name].get() if name in parameters else getattr(owner, name)

    def set(self, driver: object, place: str, value: object) -> None:
        owner, name = owner_of(driver, place)
        parameters = getattr(owner, "parameters", {})
        if name in parameters:
            parameters[name].set(value)
        else:
            setattr(owner, name, value)

    def call(self, driver: object, place: str, *values: object) -> object:
        owner, name = owner_of(driver, place)
        return getattr(owner, name)(*values)

    def close(self, driver: Any) -> None:  # noqa: ANN401 (of a class that may not be installed)
        # Past its own `close`, which may want to say goodbye to the instrument.
        import_module("qcodes.instrument").VisaInstrument.close(driver)


qcodes = Foreign("qcodes", _Qcodes())

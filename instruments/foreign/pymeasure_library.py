"""PyMeasure's instruments; the library is imported when the first of them is used."""

from collections.abc import Mapping
from typing import Any

from instruments.foreign.driver import Foreign
from instruments.foreign.loading import class_of, owner_of
from instruments.foreign.session import Session

__all__ = ["pymeasure"]


class _PyMeasure:
    name = "PyMeasure"

    def driver_class(self, what: str) -> type[Any]:
        return class_of(self.name, "pymeasure.instruments", "pymeasure", what)

    def build(self, kind: type[Any], session: Session, arguments: Mapping[str, Any]) -> object:
        from instruments.foreign.pymeasure_adapter import SessionAdapter

        return kind(SessionAdapter(session), **arguments)

    def has(self, driver: object, place: str) -> bool:
        try:
            owner, name = owner_of(driver, place)
        except (AttributeError, LookupError):
            return False
        return hasattr(type(owner), name)

    def get(self, driver: object, place: str) -> object:
        owner, name = owner_of(driver, place)
        return getattr(owner, name)

    def set(self, driver: object, place: str, value: object) -> None:
        owner, name = owner_of(driver, place)
        setattr(owner, name, value)

    def call(self, driver: object, place: str, *values: object) -> object:
        owner, name = owner_of(driver, place)
        return getattr(owner, name)(*values)

    def close(self, driver: object) -> None:
        # Its `shutdown` would send what the overlay does not know of.
        pass


pymeasure = Foreign("pymeasure", _PyMeasure())

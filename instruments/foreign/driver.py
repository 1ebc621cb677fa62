"""The door by which the drivers of another library come in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from instruments.accuracy import NOMINAL, Conditions
from instruments.foreign.instrument import ForeignInstrument, Library, playing
from instruments.foreign.overlay import OverlayRefused
from instruments.foreign.overlay_file import read_overlay, shipped, shipped_overlay
from instruments.model import Model

__all__ = ["Foreign", "ForeignDriver"]

_UNKNOWN = Model(maker="", name="", manual="", plays=())


@dataclass(frozen=True, slots=True)
class Foreign:
    """A library whose drivers a bench file names as ``scheme:class``.

    Attributes
    ----------
    scheme
        Name of the library in bench files.
    """

    scheme: str
    library: Library

    def known(self) -> tuple[str, ...]:
        """List the drivers for which an overlay comes with this package."""
        return shipped(self.scheme)

    def adapt(self, what: str) -> "ForeignDriver":
        """Give the driver that connects to a class of the library."""
        overlay = shipped_overlay(self.scheme, what)
        about = overlay.about if overlay else _UNKNOWN
        return ForeignDriver(scheme=self.scheme, what=what, library=self.library, about=about)


@dataclass(slots=True, kw_only=True)
class ForeignDriver:
    """A class of another library that can play a role.

    Attributes
    ----------
    about
        As the overlay of this package says it; of no role where there is none.
    """

    scheme: str
    what: str
    library: Library
    about: Model

    def connect(
        self,
        address: str,
        *,
        serial: str | None,
        limits: Mapping[str, float],
        conditions: Conditions = NOMINAL,
        overlay: str = "",
        **options: Any,  # noqa: ANN401 (those of every driver of ours)
    ) -> ForeignInstrument:
        """Open the link, check model and serial number, then set up the foreign driver.

        Parameters
        ----------
        overlay
            Path of an overlay; without it, the one that comes with this package.

        Raises
        ------
        LookupError
            The library is not installed, has no such class, or there is no overlay for it.
        InstrumentError
            Nothing answers, or another instrument does.
        """
        name = f"{self.scheme}:{self.what}"
        found = read_overlay(Path(overlay)) if overlay else shipped_overlay(self.scheme, self.what)
        if found is None:
            raise OverlayRefused(
                f"no overlay for {name} comes with this package; write one, and name it by "
                f'`overlay = "FILE.yaml"` in the bench file. There are: '
                f"{', '.join(shipped(self.scheme))}"
            )
        if found.driver != name:
            raise OverlayRefused(f"overlay {overlay} is for {found.driver}, not for {name}")
        # What is missing is to be said before the instrument is disturbed.
        self.library.driver_class(self.what)
        kind = playing(found, self.library)
        return kind.connect(address, serial=serial, limits=limits, conditions=conditions, **options)

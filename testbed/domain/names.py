"""Names that are data: given in Korean and English by the centre, never translated by us."""

from dataclasses import dataclass

__all__ = ["Name"]


@dataclass(frozen=True, slots=True)
class Name:
    """A name in both languages.

    Attributes
    ----------
    ko
        Korean name.
    en
        English name.
    """

    ko: str
    en: str

    def in_locale(self, locale: str) -> str:
        """Pick the name for a locale ("ko" or "en"), the other language where one is empty."""
        first, second = (self.ko, self.en) if locale == "ko" else (self.en, self.ko)
        return first or second

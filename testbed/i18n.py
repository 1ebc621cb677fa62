"""Words for people: catalogues in Korean and English, chosen per request.

Message ids are of two kinds. Sentences of a door are their own English text and need only a
Korean translation. Codes from below ("objection.slot-taken", "phase.iso-6892-1.pull") need both.
A catalogue file is ``locale/<language>/<room>.po``; they are read as they stand, so that a
checkout needs no compile step.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from io import BytesIO

from babel.messages.pofile import read_po

from testbed.domain.objections import Objection

__all__ = ["LOCALES", "Words", "words"]

LOCALES = ("ko", "en")


class Words:
    """One language's words.

    Parameters
    ----------
    locale
        "ko" or "en".
    catalogue
        Message id to text.
    """

    def __init__(self, locale: str, catalogue: Mapping[str, str]) -> None:
        self.locale = locale
        self._catalogue = catalogue

    def __call__(self, message: str, **values: object) -> str:
        """Translate a message id and fill in its values; an unknown id stands for itself."""
        text = self._catalogue.get(message) or message
        return text.format(**values) if values else text

    def knows(self, message: str) -> bool:
        """Tell whether there is a translation."""
        return bool(self._catalogue.get(message))

    def objection(self, objection: Objection) -> str:
        """Put an objection into words."""
        return self(f"objection.{objection.code}", **objection.values)


@cache
def words(locale: str) -> Words:
    """Load a language, once per process; unknown languages give English.

    Raises
    ------
    ValueError
        Two catalogues of one language translate the same id differently.
    """
    locale = locale if locale in LOCALES else "en"
    catalogue: dict[str, str] = {}
    for source in files("testbed.locale").joinpath(locale).iterdir():
        if not source.name.endswith(".po"):
            continue
        for message in read_po(BytesIO(source.read_bytes()), locale=locale):
            if message.id and message.string:
                known = catalogue.setdefault(str(message.id), str(message.string))
                if known != message.string:
                    raise ValueError(f"{source.name}: second translation of {message.id!r}")
    return Words(locale, catalogue)

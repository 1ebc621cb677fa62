"""Words as the catalogue keeps them, so that both databases find the same.

Korean, Chinese and Japanese letters are kept in pairs, as Korean words inflect: 인장 is found in
인장시험을. A letter alone is kept as well, and pairs reach over a space, because people write
금속재료 and 금속 재료 alike. Other words are kept with all of their beginnings, and from every
place at which a part begins: R-2026-00042 is found by 2026-00042, by 00042 and by 000.
"""

import re
from functools import lru_cache
from unicodedata import normalize

__all__ = ["LONGEST", "asked", "folded", "kept"]

LONGEST = 32
"""Letters of a word that count."""

_SYLLABLES = "\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7ff"
_PIECE = re.compile(
    rf"(?P<cjk>[{_SYLLABLES}]+(?:\s+[{_SYLLABLES}]+)*)"
    rf"|(?P<word>[^\W_{_SYLLABLES}]+(?:[-._/][^\W_{_SYLLABLES}]+)*)"
)
_ASKED = re.compile(rf"[{_SYLLABLES}]+|[^\W_{_SYLLABLES}]+(?:[-._/][^\W_{_SYLLABLES}]+)*")
_PART = re.compile(r"[^\W\d]+|\d+")
_SPACES = re.compile(r"\s+")


def folded(text: str) -> str:
    """Fold letter case and the ways in which one letter can be composed."""
    return normalize("NFC", normalize("NFKC", text).casefold())


@lru_cache(maxsize=4096)
def kept(text: str) -> frozenset[str]:
    """List everything by which a text is found."""
    found: set[str] = set()
    for piece in _PIECE.finditer(folded(text)):
        if piece["cjk"]:
            letters = _SPACES.sub("", piece["cjk"])
            found.update(letters)
            found.update(letters[at : at + 2] for at in range(len(letters) - 1))
            continue
        word = piece["word"]
        for part in _PART.finditer(word):
            rest = word[part.start() : part.start() + LONGEST]
            found.update(
                rest[:length] for length in range(1, len(rest) + 1) if rest[length - 1].isalnum()
            )
    return frozenset(found)


def asked(text: str) -> tuple[str, ...]:
    """List what has to be there, all of it, for a text to be found by what was typed."""
    found: dict[str, None] = {}
    for piece in _ASKED.finditer(folded(text)):
        word = piece.group()
        if not re.match(f"[{_SYLLABLES}]", word):
            found[word[:LONGEST]] = None
        elif len(word) == 1:
            found[word] = None
        else:
            found |= dict.fromkeys(word[at : at + 2] for at in range(len(word) - 1))
    return tuple(found)

"""Words of the terminal: objections, remarks and tables in the person's language."""

import locale as system_locale
import os
import sys
from collections.abc import Iterable, Sequence
from unicodedata import east_asian_width

import click

from testbed.domain.objections import Refused
from testbed.i18n import Words, words

__all__ = ["LANGUAGE", "leave", "speak", "table"]

LANGUAGE = click.option("--lang", type=click.Choice(["ko", "en"]), help="Language of the output.")


def speak(language: str | None) -> Words:
    """Choose the catalogue: as asked, else as the terminal's locale says."""
    if language is None:
        named = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
        known = system_locale.normalize(named).split("_")[0]
        language = "ko" if known == "ko" else "en"
    return words(language)


def leave(refused: Refused, said: Words) -> None:
    """Print every objection and leave with status 1."""
    for objection in refused.objections:
        click.echo(f"✗ {said(f'objection.{objection.code}', **objection.values)}", err=True)
    sys.exit(1)


def _width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """Set a table in columns; those in `right` are aligned to the right."""
    lines = [list(heads), *[list(row) for row in rows]]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(heads))]

    def cell(text: str, column: int) -> str:
        gap = " " * (widths[column] - _width(text))
        return gap + text if column in right else text + gap

    out = ["  ".join(cell(text, i) for i, text in enumerate(line)).rstrip() for line in lines]
    out.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join(out)

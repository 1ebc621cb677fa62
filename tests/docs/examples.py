"""The examples of the documentation: every fenced block of python or sh, and what its fence says.

A fence is the language and, where needed, words for the test::

    ```python                    runs as a program
    ```sh given=live-benches     `tests/docs/settings.py` prepares what it stands on
    ```python in=phase           stands inside `tests/docs/frames/phase.py`
    ```toml file=pyproject.toml  is written to that file, for the other blocks of its page
    ```sh not-run="because"      does not run, and why
    ```text printed              is what the block before it prints; a line "…" leaves some out
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOT", "Example", "examples", "files_of", "pages", "printed"]

ROOT = Path(__file__).parents[2]
WORDS = {"file", "given", "in", "not-run", "printed"}
_RUNS = {"python", "sh"}
_FENCE = re.compile(r"^```(\w+)([^\n`]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    """A fenced block: the page it stands on, the line of its fence, and what the fence says."""

    page: str
    line: int
    language: str
    said: Mapping[str, str]
    code: str

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """List the pages."""
    top = [path for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md") if path.exists()]
    return [*top, *sorted((ROOT / "docs").rglob("*.md"))]


def blocks_of(page: Path) -> list[Example]:
    """Read the fenced blocks of a page."""
    text = page.read_text("utf-8")
    return [
        Example(
            str(page.relative_to(ROOT)),
            text.count("\n", 0, found.start()) + 1,
            found[1],
            dict(word.partition("=")[::2] for word in shlex.split(found[2])),
            found[3],
        )
        for found in _FENCE.finditer(text)
    ]


def examples() -> list[Example]:
    """List what is python or sh, and is not a file for the others."""
    blocks = [block for page in pages() for block in blocks_of(page)]
    return [each for each in blocks if each.language in _RUNS and "file" not in each.said]


def files_of(page: str) -> dict[str, str]:
    """Give the files that a page shows in full, by name."""
    return {each.said["file"]: each.code for each in blocks_of(ROOT / page) if "file" in each.said}


def printed() -> dict[str, str]:
    """Give what the pages show as printed, by the place of the block before it."""
    found = {}
    for page in pages():
        before = ""
        for block in blocks_of(page):
            if "printed" in block.said:
                found[before] = block.code
            before = block.place
    return found

"""Every objection that the house can raise has words in both languages."""

import ast
from pathlib import Path

import pytest

import testbed
from testbed.i18n import LOCALES, words

RAISING = ("Objection", "_refused", "ParameterError")


def raised() -> set[str]:
    """Read the codes from the source, where they are written out."""
    found: set[str] = set()
    for path in Path(testbed.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in RAISING
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                found.add(str(node.args[0].value))
    return found


def test_the_reading_finds_known_codes() -> None:
    assert {"slot-taken", "run-bench-busy", "run-unknown", "parameter-missing"} <= raised()


@pytest.mark.parametrize("locale", LOCALES)
def test_every_objection_has_words(locale: str) -> None:
    said = words(locale)
    assert sorted(code for code in raised() if not said.knows(f"objection.{code}")) == []

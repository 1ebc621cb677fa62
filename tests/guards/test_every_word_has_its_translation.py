"""No sentence of a door and no code from below is without its words."""

import ast
from pathlib import Path

from testbed.i18n import words

ROOT = Path(__file__).parents[2]
NAMES = {"Testbed"}


def sentences() -> set[str]:
    found = set()
    for file in (*ROOT.glob("dashboard/*.py"), *ROOT.glob("dashboard/pages/*.py"),
                 *ROOT.glob("testbed/cli/*.py")):  # fmt: skip
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            first = node.args[0]
            if called in ("said", "words") and isinstance(first, ast.Constant):
                found.add(str(first.value))
    return found


def test_every_sentence_of_a_door_is_there_in_korean():
    korean = words("ko")
    assert len(sentences()) > 100
    assert {text for text in sentences() if not korean.knows(text)} - NAMES - {"ko", "en"} == set()


def test_every_objection_and_remark_has_words_in_both_languages():
    codes = set()
    for file in ROOT.glob("testbed/**/*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            first = node.args[0]
            if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
                continue
            if called in ("Objection", "ParameterError", "_refused"):
                codes.add(f"objection.{first.value}")
            elif called in ("Aborted", "Note"):
                codes.add(first.value)
    assert len(codes) > 50
    for locale in ("ko", "en"):
        assert {code for code in codes if not words(locale).knows(code)} == set(), locale

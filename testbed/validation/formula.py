"""A model as it is printed, read into something that can be computed: never run as code.

Printed models are arithmetic with a few functions, brackets of three shapes and an error term:
``log[y] = b1 - b2*x1 * exp[-b3*x2]  +  e``. They are parsed as an expression, and whatever is not
on the list below is refused before anything is computed.
"""

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from testbed.evaluation.orthogonal import Wide

__all__ = ["Formula", "Quantity", "read_formula"]

Quantity: TypeAlias = Wide | np.longdouble

_FUNCTIONS: Mapping[str, Callable[[Wide], Wide]] = {
    "exp": np.exp,
    "log": np.log,
    "ln": np.log,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "arcsin": np.arcsin,
    "arccos": np.arccos,
    "arctan": np.arctan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "abs": np.abs,
}
_OPERATORS: Mapping[type[ast.operator], Callable[[Wide, Wide], Wide]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
_BRACKETS = str.maketrans("[]{}", "()()")
_ERROR_TERM = re.compile(r"\+\s*(?:e|epsilon|eps|error)\s*$")
_DOTS = re.compile(r"\+\s*(?:\.\s?){2,}\s*\+")
# An expression is computed by a function that calls itself: this keeps it within Python's depth.
_LONGEST = 400
_PI = np.longdouble("3.14159265358979323846264338327950288")


@dataclass(frozen=True, slots=True)
class Formula:
    """An equation ``response = prediction`` between named quantities.

    Attributes
    ----------
    text
        As it was printed, on one line.
    """

    text: str
    response: ast.expr
    prediction: ast.expr
    constants: Mapping[str, np.longdouble]

    @property
    def names(self) -> frozenset[str]:
        """Names on the right-hand side that have no value of their own."""
        return _names(self.prediction) - self.constants.keys()

    def respond(self, values: Mapping[str, Quantity]) -> Wide:
        """Compute the left-hand side: the response itself, or a function of it."""
        return _computed(self.response, {**self.constants, **values})

    def predict(self, values: Mapping[str, Quantity]) -> Wide:
        """Compute the right-hand side without its error term.

        Parameters
        ----------
        values
            Of every name in `names`; arrays are taken element by element.
        """
        return _computed(self.prediction, {**self.constants, **values})


def read_formula(text: str) -> Formula:
    """Read a printed model.

    Parameters
    ----------
    text
        Equations, each on a line of its own that lines without ``=`` may continue. The one without
        a number alone on its right-hand side is the model; the others give constants (``pi = …``).

    Raises
    ------
    ValueError
        No model or more than one, or something in it that is no arithmetic.
    """
    constants: dict[str, np.longdouble] = {"pi": _PI}
    models = []
    for equation in _equations(text):
        left, _, right = equation.partition("=")
        if _is_number(right):
            constants[left.strip()] = np.longdouble(right.strip())
        else:
            models.append((left, right))
    if len(models) != 1:
        raise ValueError(f"{len(models)} models where one is looked for")
    left, right = models[0]
    whole = _without_dots(_ERROR_TERM.sub("", right.strip()))
    return Formula(
        text=f"{left.strip()} = {' '.join(right.split())}",
        response=_parsed(left),
        prediction=_parsed(whole),
        constants=constants,
    )


def _equations(text: str) -> list[str]:
    equations: list[str] = []
    for line in text.splitlines():
        if "=" in line:
            equations.append(line)
        elif equations and line.strip():
            equations[-1] += " " + line
    return equations


def _is_number(text: str) -> bool:
    try:
        np.longdouble(text.strip())
    except ValueError:
        return False
    return True


def _without_dots(text: str) -> str:
    """Write out ``B2*(x**2) + ... + B9*(x**9)``: the terms between differ by one in each number."""
    dots = _DOTS.search(text)
    if dots is None:
        return text
    before, after = text[: dots.start()].rstrip(), text[dots.end() :].lstrip()
    first, last = _terms(before)[-1], _terms(after)[0]
    pattern = re.split(r"\d+", first)
    begin, end = int(_only(first)), int(_only(last))
    if re.split(r"\d+", last) != pattern or end <= begin:
        raise ValueError(f"terms between {first} and {last} are not to be guessed")
    between = " + ".join(str(k).join(pattern) for k in range(begin + 1, end))
    return " + ".join(part for part in (before, between, after) if part)


def _terms(text: str) -> list[str]:
    return [term.strip() for term in text.split("+")]


def _only(term: str) -> str:
    numbers: set[str] = set(re.findall(r"\d+", term))
    if len(numbers) != 1:
        raise ValueError(f"{term} does not number itself")
    return numbers.pop()


def _parsed(text: str) -> ast.expr:
    plain = " ".join(text.translate(_BRACKETS).replace("^", "**").split())
    if len(plain) > _LONGEST:
        raise ValueError(f"{len(plain)} characters are no printed model")
    try:
        tree = ast.parse(plain, mode="eval").body
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"not an expression: {plain}") from error
    for node in ast.walk(tree):
        _allow(node, plain)
    return tree


def _allow(node: ast.AST, text: str) -> None:
    match node:
        case ast.Call(func=ast.Name(id=name), args=[_], keywords=[]) if name in _FUNCTIONS:
            return
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float()) | ast.Name() | ast.expr_context():
            return
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()) | ast.USub() | ast.UAdd():
            return
        case ast.BinOp(op=operator) if type(operator) in _OPERATORS:
            return
        case ast.operator() if type(node) in _OPERATORS:
            return
    raise ValueError(f"no arithmetic: {ast.dump(node)[:60]} in {text}")


def _names(tree: ast.expr) -> frozenset[str]:
    return (
        frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
        - _FUNCTIONS.keys()
    )


def _computed(node: ast.expr, values: Mapping[str, Quantity]) -> Wide:
    match node:
        case ast.Constant(value=int() | float() as number):
            # The shortest decimal that gives this double is the one that was printed.
            return np.asarray(np.longdouble(repr(number)))
        case ast.Name(id=name):
            if name not in values:
                raise ValueError(f"nothing is known of {name}")
            return np.asarray(values[name])
        case ast.UnaryOp(op=sign, operand=operand):
            inner = _computed(operand, values)
            return -inner if isinstance(sign, ast.USub) else inner
        case ast.BinOp(left=left, op=operator, right=right):
            return _OPERATORS[type(operator)](_computed(left, values), _computed(right, values))
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return _FUNCTIONS[name](_computed(argument, values))
    raise ValueError(f"no arithmetic: {ast.dump(node)[:60]}")

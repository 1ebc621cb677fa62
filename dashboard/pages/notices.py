"""Short messages at the corner of the screen."""

from typing import Any

from dashboard.gateway import objections_text
from testbed.domain.objections import Refused
from testbed.i18n import Words

__all__ = ["notice", "refusal"]


def notice(text: str, *, key: str = "notice") -> list[dict[str, Any]]:
    """Say that something was done."""
    return [{"action": "show", "id": key, "message": text, "color": "green", "autoClose": 6000}]


def refusal(refused: Refused, said: Words) -> list[dict[str, Any]]:
    """Say why something was not done."""
    message = " ".join(objections_text(refused, said))
    return [
        {
            "action": "show",
            "id": "refusal",
            "title": said("Not possible"),
            "message": message,
            "color": "red",
            "autoClose": 12000,
        }
    ]

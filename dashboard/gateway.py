"""From what a form holds to a frozen command, and from objections to words."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from testbed.domain.objections import Refused
from testbed.i18n import Words

__all__ = ["CENTRE", "from_wall", "objections", "objections_text", "to_wall"]

CENTRE = ZoneInfo("Asia/Seoul")


def from_wall(text: str | None) -> datetime | None:
    """Read a local time of the centre ("2026-11-24T10:00:00"); None where it is none."""
    try:
        wall = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return wall.replace(tzinfo=CENTRE).astimezone(UTC)


def to_wall(instant: datetime) -> str:
    """Write an instant as local time of the centre, without a zone."""
    return instant.astimezone(CENTRE).replace(tzinfo=None).isoformat(timespec="seconds")


def _sentence(code: str, values: dict[str, object], said: Words) -> str:
    shown = dict(values)
    for name, value in values.items():
        if name in ("start", "end", "until") and isinstance(value, str) and "T" in value:
            shown[name] = (
                datetime.fromisoformat(value).astimezone(CENTRE).strftime("%Y-%m-%d %H:%M")
            )
        elif name == "state":
            shown[name] = said(f"booking-state.{value}")
        elif name == "method":
            shown[name] = said(f"method.{value}")
    return said(f"objection.{code}", **shown)


def objections_text(refused: Refused, said: Words) -> list[str]:
    """Say every objection in words, instants in the centre's time."""
    return [_sentence(each.code, dict(each.values), said) for each in refused.objections]


def objections(refused: Refused, said: Words) -> Component:
    """List every objection."""
    items = [html.Li(text) for text in objections_text(refused, said)]
    return html.Ul(items, className="tb-objections", role="alert")

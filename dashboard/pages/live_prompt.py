"""The question of a running run, with the widget that its kind of answer wants."""

from dataclasses import replace

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.figures import unit_text
from dashboard.pages.chips import attributes, known
from testbed.engine.ports import Prompt, PromptKind
from testbed.engine.prompts import FAIL, PASS, accepted_range
from testbed.i18n import Words
from testbed.services.rows import LiveRow

__all__ = ["prompt_panel", "suspension_panel"]


def suspension_panel(live: LiveRow, words: Words) -> list[Component]:
    """Say what lets a run stand, and when it goes on."""
    reason, method = live.suspended, live.row.method
    if reason is None:
        return []
    values = dict(reason.values)
    if name := str(values.get("monitor", "")):
        values["monitor"] = known(words, f"monitor.{method}.{name}", name)
    said = [html.Strong(words("The run is suspended.")), html.Span(words(reason.code, **values))]
    return [html.Div(said, className="tb-notice")]


def prompt_panel(live: LiveRow, words: Words) -> list[Component]:
    """Ask the operator; others see what the run waits for."""
    if live.prompt is None:
        return []
    return [_question(live.prompt, live.row.method, words, live.may_control)]


def _question(prompt: Prompt, method: str, words: Words, may_control: bool) -> Component:
    parts: list[Component] = [html.P(words(prompt.code, **prompt.values), className="tb-question")]
    if prompt.picture:
        parts.append(
            html.Img(
                src=f"/api/v1/methods/{method}/pictures/{prompt.picture}",
                alt=words("Picture for the question"),
                className="tb-prompt-picture",
            )
        )
    if not may_control:
        parts.append(html.P(words("The run waits for its operator."), className="tb-quiet"))
    else:
        answers = _options(prompt, words) if prompt.options else _field(prompt, words)
        parts.append(html.Div(answers, className="tb-controls"))
    return html.Div(
        parts,
        className="tb-prompt",
        role="group",
        # Names the question, so that the page knows what it shows already.
        id={"type": "live-question", "prompt": prompt.number},
        **attributes(aria_label=words("Question of the run")),
    )


def _options(prompt: Prompt, words: Words) -> list[Component]:
    looks = {
        PASS: {"color": "#1b6e34", "leftSection": _icon("check")},
        FAIL: {"color": "red", "variant": "outline", "leftSection": _icon("cross")},
    }
    return [
        dmc.Button(
            known(words, option, option),
            id={"type": "live-answer", "prompt": prompt.number, "option": option},
            **looks.get(option, {}),
        )
        for option in prompt.options
    ]


def _field(prompt: Prompt, words: Words) -> list[Component]:
    name = {"type": "live-text", "prompt": prompt.number}
    label = words("Your answer")
    if prompt.kind is PromptKind.NUMBER:
        unit = unit_text(prompt.unit)
        accepted = accepted_range(replace(prompt, unit=unit)).strip()
        field = dmc.TextInput(
            id=name,
            label=label,
            description=words(
                "Accepted: {accepted}. Another unit is converted.", accepted=accepted
            ),
            rightSection=html.Span(unit, className="tb-quiet"),
            rightSectionWidth=64,
        )
    else:
        field = dmc.TextInput(id=name, label=label)
    send = dmc.Button(
        words("Answer"), id={"type": "live-answer", "prompt": prompt.number, "option": ""}
    )
    return [html.Div(field, className="tb-prompt-field"), send]


def _icon(name: str) -> Component:
    return html.Span(className=f"tb-icon tb-icon-{name}")

"""Starting a run under a booking: the parameters of its method, with unit, range and default."""

import asyncio
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.callbacks import Shell
from dashboard.gateway import objections
from dashboard.pages.bookings import period_text
from dashboard.pages.chips import empty
from testbed.domain.conformity import Limit
from testbed.domain.decision_rule import (
    FOUR_OUTCOMES,
    ILAC_G8,
    ISO_14253_1,
    SIMPLE,
    DecisionRule,
    RuleKind,
    read_rule,
)
from testbed.domain.objections import Objection, Refused
from testbed.i18n import Words
from testbed.procedure import Choice, Procedure, read_parameter
from testbed.procedure.parameters import ParameterError
from testbed.services.commands import StartRun

__all__ = ["layout", "register"]

_RULES = (
    SIMPLE,
    ILAC_G8,
    ISO_14253_1,
    FOUR_OUTCOMES,
    DecisionRule(kind=RuleKind.PROBABILITY, risk=0.05),
)


async def layout(shell: Shell, number: str) -> Component:
    """Build the form for one booking."""
    actor, said = shell.actor(), shell.words()
    row = await asyncio.to_thread(shell.testbed.queries.booking, actor, number)
    if row is None:
        return empty(said("There is no such booking."), said("It may belong to somebody else."))
    methods = shell.testbed.methods()
    register = await asyncio.to_thread(shell.testbed.queries.equipment, actor)
    served = {name for each in register if each.code in row.equipment for name in each.methods}
    # What the booked equipment serves comes first.
    names = sorted(methods, key=lambda name: (name not in served, name))
    method = row.method or names[0]
    data = [
        {"value": name, "label": f"{said(f'method.{name}')} · {methods[name].standard}"}
        for name in names
    ]
    return html.Div(
        [
            dcc.Store(id="start-booking", data=number),
            html.Div(
                html.Div(
                    [
                        html.H1(said("Start a run")),
                        html.P(f"{number} · {period_text(row)}", className="tb-quiet"),
                    ]
                ),
                className="tb-page-head",
            ),
            html.Section(
                [
                    html.Div(id="start-told"),
                    dmc.Select(
                        id="start-method",
                        label=said("Test method"),
                        data=data,
                        value=method,
                        disabled=bool(row.method),
                        allowDeselect=False,
                    ),
                    html.Div(_fields(methods[method], said), id="start-fields"),
                    html.Div(
                        [
                            dmc.Button(said("Start"), id="start-send"),
                            dcc.Link(
                                said("Back to the booking"),
                                href=f"/bookings/{number}",
                                className="tb-more",
                            ),
                        ],
                        className="tb-controls",
                    ),
                ],
                className="tb-card",
            ),
        ]
    )


def _fields(method: type[Procedure], said: Words) -> list[Component]:
    fields: list[Component] = []
    for name, declared in method.declared_params().items():
        key = {"type": "start-param", "name": name}
        label = said(f"param.{method.id}.{name}")
        if isinstance(declared, Choice):
            fields.append(
                dmc.Select(id=key, label=label, data=list(declared.options),
                           value=declared.default, allowDeselect=False)
            )  # fmt: skip
            continue
        low = "" if declared.low is None else f"{declared.low:g}"
        high = "" if declared.high is None else f"{declared.high:g}"
        fields.append(
            dmc.TextInput(
                id=key,
                label=f"{label} [{declared.unit}]",
                description=f"{low} … {high}",
                value="" if declared.default is None else f"{declared.default:g}",
                required=declared.required_when_unset and declared.default is None,
            )
        )
    limits: list[Component] = []
    for name, measured in method.declared_measurements().items():
        if measured.required:
            label = said(f"measurand.{method.id}.{name}")
            for end, sign in (("low", "≥"), ("high", "≤")):
                limits.append(
                    dmc.TextInput(
                        id={"type": "start-limit", "name": f"{name}/{end}"},
                        label=f"{measured.symbol} {sign} [{measured.unit}]",
                        description=label,
                    )
                )
    return [
        html.H2(said("Parameters")),
        html.Div(fields, className="tb-form"),
        html.H2(said("Limits of the order")),
        html.Div(limits, className="tb-form"),
        _rule(said),
    ]


def _rule(said: Words) -> Component:
    chosen = dmc.Select(
        id="start-rule",
        label=said("Decision rule"),
        description=said("Agreed with the customer before the test; it decides on the limits."),
        data=[{"value": str(rule), "label": said.rule(rule)} for rule in _RULES],
        value=str(SIMPLE),
        allowDeselect=False,
    )
    return html.Div(chosen, className="tb-form")


def register(shell: Shell) -> None:
    """Wire the form."""

    @shell.callback(
        Output("start-fields", "children"),
        Input("start-method", "value"),
        prevent_initial_call=True,
    )
    def chosen(method: str | None) -> list[Component]:
        methods = shell.testbed.methods()
        if method is None or method not in methods:
            raise PreventUpdate
        return _fields(methods[method], shell.words())

    @shell.callback(
        Output("start-told", "children"),
        Output("go", "href", allow_duplicate=True),
        Input("start-send", "n_clicks"),
        State("start-booking", "data"),
        State("start-method", "value"),
        State({"type": "start-param", "name": ALL}, "value"),
        State({"type": "start-param", "name": ALL}, "id"),
        State({"type": "start-limit", "name": ALL}, "value"),
        State({"type": "start-limit", "name": ALL}, "id"),
        State("start-rule", "value"),
        prevent_initial_call=True,
    )
    def send(clicks: int | None, booking: str, method: str, *given: Any) -> tuple[Any, Any]:  # noqa: ANN401
        if not clicks:
            raise PreventUpdate
        said = shell.words()
        values, keys, limit_values, limit_keys, rule = given
        typed = dict(zip((key["name"] for key in keys), values, strict=True))
        limits = dict(zip((key["name"] for key in limit_keys), limit_values, strict=True))
        try:
            command = _command(shell, booking, method, typed, limits, rule)
        except ParameterError as error:
            refused = Refused((Objection(error.code, error.values),))
            return objections(refused, said), no_update
        started = shell.testbed.execution.start(shell.actor(), command)
        if isinstance(started, Refused):
            return objections(started, said), no_update
        return None, f"/live/{started.run}"


def _command(
    shell: Shell,
    booking: str,
    method: str,
    typed: dict[str, str | None],
    limits: dict[str, str | None],
    rule: str | None,
) -> StartRun:
    chosen = shell.testbed.methods()[method]
    declared = chosen.declared_params()
    parameters = {
        name: read_parameter(declared[name], text)
        for name, text in typed.items()
        if text and text.strip() and name in declared
    }
    ends: dict[str, dict[str, float]] = {}
    for key, text in limits.items():
        if text and text.strip():
            name, _, end = key.partition("/")
            try:
                ends.setdefault(name, {})[end] = float(text)
            except ValueError:
                unit = chosen.declared_measurements()[name].unit
                raise ParameterError(
                    "parameter-not-a-number", name=name, value=text, accepted=unit
                ) from None
    return StartRun(
        booking=booking,
        method=method,
        parameters=parameters,
        limits=tuple(
            Limit(measurand=name, low=each.get("low"), high=each.get("high"), source="order")
            for name, each in ends.items()
        ),
        rule=SIMPLE if rule is None else read_rule(rule),
    )

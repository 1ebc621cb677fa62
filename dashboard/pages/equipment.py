"""Equipment: the register as a list, and one piece with its calibration and its week."""

import asyncio
from datetime import timedelta

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.callbacks import Shell
from dashboard.gateway import CENTRE
from dashboard.pages.chips import attributes, chip, empty
from testbed.i18n import Words
from testbed.services.rows import CalendarEntry, EquipmentRow

__all__ = ["layout", "one", "register"]

_SOON = 30  # days


def calibration_chip(row: EquipmentRow, said: Words) -> Component:
    """Say until when the calibration is valid, with a colour, an icon and words."""
    left = row.calibration_days_left
    if left is None or row.calibration_due is None:
        return chip(said("No calibration needed"), "quiet", "dash")
    due = row.calibration_due.isoformat()
    if left < 0:
        return chip(said("Calibration lapsed on {due}", due=due), "bad", "cross")
    if left <= _SOON:
        return chip(
            said("Calibrated until {due} ({days} days)", due=due, days=left), "warn", "clock"
        )
    return chip(said("Calibrated until {due}", due=due), "good", "check")


async def layout(shell: Shell) -> Component:
    """List the register."""
    said = shell.words()
    rows = await asyncio.to_thread(shell.testbed.queries.equipment, shell.actor())
    lines = [
        html.Tr(
            [
                html.Td(dcc.Link(row.name.in_locale(said.locale), href=f"/equipment/{row.code}",
                                 className="tb-strong")),
                html.Td(f"{row.maker} {row.model}", **attributes(data_label=said("Model"))),
                html.Td(row.location, **attributes(data_label=said("Place"))),
                html.Td(row.bench or "–", **attributes(data_label=said("Bench"))),
                html.Td(calibration_chip(row, said)),
            ]
        )
        for row in rows
    ]  # fmt: skip
    heads = ("Equipment", "Model", "Place", "Bench", "Calibration")
    table: Component = html.Table(
        [html.Thead(html.Tr([html.Th(said(head)) for head in heads])), html.Tbody(lines)],
        className="tb-table",
    )
    if not rows:
        table = empty(said("The register is empty."), said("The office adds equipment to it."))
    return html.Div(
        [
            html.Div(html.H1(said("Equipment")), className="tb-page-head"),
            html.Section(table, className="tb-card"),
        ]
    )


async def one(shell: Shell, code: str) -> Component:
    """Show one piece of equipment."""
    return await asyncio.to_thread(_view, shell, code)


def _view(shell: Shell, code: str) -> Component:
    actor, said, queries = shell.actor(), shell.words(), shell.testbed.queries
    row = queries.equipment_one(actor, code)
    if row is None:
        return empty(said("There is no such equipment."), said("Look for it in the register."))
    now = shell.testbed.clock.now()
    week = queries.calendar(actor, now, now + timedelta(days=7), code)
    facts = [
        (said("Maker"), row.maker),
        (said("Model"), row.model),
        (said("Serial number"), row.serial),
        (said("Place"), row.location),
        (said("Bench"), row.bench or "–"),
        (said("Units"), str(row.unit_count)),
        (said("Certificate"), row.calibration_certificate or "–"),
        (said("Methods"), ", ".join(said(f"method.{m}") for m in row.methods) or "–"),
        (said("Set-up and cool-down"), f"{row.setup_minutes} + {row.cooldown_minutes} min"),
        (said("One booking"), f"{row.shortest_minutes} min – {row.longest_hours} h"),
        (said("Approval"), said("needed") if row.needs_approval else said("not needed")),
        (said("Direct use"), said("yes") if row.direct_use else said("no")),
    ]
    pairs: list[Component] = []
    for label, value in facts:
        pairs += [html.Dt(label), html.Dd(value)]
    return html.Div(
        [
            html.Div(
                [
                    html.Div(
                        [
                            html.H1(row.name.in_locale(said.locale)),
                            html.P([row.code, " ", calibration_chip(row, said)]),
                        ]
                    ),
                    dcc.Link(
                        said("Book it"),
                        href=f"/bookings/new?equipment={row.code}",
                        className="tb-button",
                    ),
                ],
                className="tb-page-head",
            ),
            html.Div(
                [
                    html.Section(html.Dl(pairs, className="tb-facts"), className="tb-card"),
                    html.Section(
                        [html.H2(said("The next seven days")), _week(week, said)],
                        className="tb-card",
                    ),
                ],
                className="tb-columns",
            ),
        ]
    )


def _week(entries: tuple[CalendarEntry, ...], said: Words) -> Component:
    if not entries:
        return html.P(said("Free all week."), className="tb-quiet")
    items = []
    for entry in sorted(entries, key=lambda each: each.start):
        start, end = entry.start.astimezone(CENTRE), entry.end.astimezone(CENTRE)
        words = said("Busy") if entry.kind == "busy" else (entry.title or entry.number)
        items.append(html.Li([f"{start:%m-%d %H:%M} – {end:%m-%d %H:%M}  ", html.B(words)]))
    return html.Ul(items, className="tb-list")


def register(shell: Shell) -> None:
    """Wire nothing: these pages only show."""

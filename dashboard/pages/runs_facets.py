"""The side list of the finder: what was found, sorted into groups that can be chosen."""

from dash import html
from dash.development.base_component import Component

from dashboard.pages.chips import attributes, known
from testbed.i18n import Words
from testbed.services.catalogue import FacetCount, SearchPage
from testbed.services.searching import Search

__all__ = ["facet_label", "facets_view"]

_TITLES = {
    "state": "State",
    "outcome": "Verdict",
    "review": "Review",
    "method": "Method",
    "firm": "Organisation",
    "equipment": "Equipment",
    "year": "Year",
}
_SHOWN = 6  # values before the rest is folded away


def facets_view(found: SearchPage, search: Search, words: Words) -> list[Component]:
    """List every group that has more than nothing to choose."""
    return [
        _group(facet, title, found.facets[facet], search.chosen.get(facet, ()), words)
        for facet, title in _TITLES.items()
        if found.facets.get(facet)
    ]


def _group(
    facet: str,
    title: str,
    counts: tuple[FacetCount, ...],
    chosen: tuple[str, ...],
    words: Words,
) -> Component:
    # What was chosen stays in sight.
    ordered = sorted(counts, key=lambda each: each.value not in chosen)
    shown, folded = ordered[: max(_SHOWN, len(chosen))], ordered[max(_SHOWN, len(chosen)) :]
    lists: list[Component] = [_list(facet, shown, chosen, words)]
    if folded:
        more = words("{count} more", count=len(folded))
        lists.append(html.Details([html.Summary(more), _list(facet, folded, chosen, words)]))
    return html.Section([html.H3(words(title)), *lists], className="tb-facet-group")


def _list(facet: str, counts: list[FacetCount], chosen: tuple[str, ...], words: Words) -> Component:
    return html.Ul([html.Li(_button(facet, each, chosen, words)) for each in counts])


def _button(facet: str, each: FacetCount, chosen: tuple[str, ...], words: Words) -> Component:
    label, code = facet_label(facet, each, words), each.value
    named = [html.Span(label, className="tb-facet-name")]
    if facet == "equipment" and label != code:
        named.append(html.Span(code, className="tb-facet-code"))
    return html.Button(
        [*named, html.Span(f"{each.count:,}", className="tb-facet-count")],
        type="button",
        className="tb-facet",
        title=label,
        **attributes(
            data_facet=facet,
            data_value=code,
            aria_pressed="true" if code in chosen else "false",
        ),
    )


def facet_label(facet: str, each: FacetCount, words: Words) -> str:
    """Call a value of a facet by its name."""
    match facet:
        case "method":
            return known(words, f"method.{each.value}", each.value)
        case "state":
            ended = known(words, f"ending.{each.value}", each.value)
            return known(words, f"run-state.{each.value}", ended)
        case "outcome" | "review":
            return words(f"{facet}.{each.value}")
    return (each.ko if words.locale == "ko" else each.en) or each.value

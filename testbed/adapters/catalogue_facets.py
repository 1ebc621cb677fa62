"""The facets of what was found: values, counts, and what to call them."""

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, select

from testbed.adapters.catalogue_columns import Columns, Mask
from testbed.adapters.catalogue_listing import QUANTITY
from testbed.adapters.tables import equipment, organisations
from testbed.services.catalogue import FacetCount

__all__ = ["facets", "quantities"]

_MOST = 40  # values of one facet
_NAMES = {
    facet: select(table.c.code, table.c.name_ko, table.c.name_en).where(
        table.c.code.in_(bindparam("codes", expanding=True))
    )
    for facet, table in (("equipment", equipment), ("firm", organisations))
}


def facets(
    connection: Connection,
    index: Columns,
    masks: Mapping[str, Mask],
    chosen: Mapping[str, tuple[str, ...]],
) -> dict[str, tuple[FacetCount, ...]]:
    """Count each facet among what its mask marks, most frequent first; years latest first."""
    found = {}
    for facet, mask in masks.items():
        counted = index.counts(facet, mask)
        counted.sort(key=_latest if facet == "year" else _most_frequent)
        picked = chosen.get(facet, ())
        known = dict(counted)
        shown = [pair for at, pair in enumerate(counted) if at < _MOST or pair[0] in picked]
        # What was chosen stays to be seen, so that it can be taken back.
        shown += [(value, 0) for value in picked if value not in known]
        names = _names(connection, facet, [value for value, _ in shown])
        found[facet] = tuple(
            FacetCount(value, count, *names.get(value, ("", ""))) for value, count in shown
        )
    return found


def _most_frequent(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]


def _latest(pair: tuple[str, int]) -> int:
    return -int(pair[0])


def _names(connection: Connection, facet: str, codes: list[str]) -> dict[str, tuple[str, str]]:
    query = _NAMES.get(facet)
    if query is None or not codes:
        return {}
    return {code: (ko, en) for code, ko, en in connection.execute(query, {"codes": codes})}


def quantities(index: Columns, mask: Mask) -> dict[tuple[str, str], int]:
    """Count who has which result, by quantity and unit."""
    kind = QUANTITY.strip("=")
    found = {}
    for value, count in index.counts(kind, mask):
        quantity, _, unit = value.partition("\t")
        found[quantity, unit] = count
    return found

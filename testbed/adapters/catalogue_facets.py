"""The facets of what was found: values, counts, and what to call them."""

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, literal, select, union_all

from testbed.adapters.catalogue_columns import Columns, Mask
from testbed.adapters.catalogue_listing import QUANTITY
from testbed.adapters.database import repeated
from testbed.adapters.tables import equipment, organisations
from testbed.services.catalogue import FacetCount

__all__ = ["facets", "quantities"]

_MOST = 40  # values of one facet
_NAMED = {"equipment": equipment, "firm": organisations}
_NAMES = union_all(
    *(
        select(
            literal(facet, literal_execute=True), table.c.code, table.c.name_ko, table.c.name_en
        ).where(table.c.code.in_(bindparam(facet, expanding=True)))
        for facet, table in _NAMED.items()
    )
)


def facets(
    connection: Connection,
    index: Columns,
    masks: Mapping[str, Mask],
    chosen: Mapping[str, tuple[str, ...]],
) -> dict[str, tuple[FacetCount, ...]]:
    """Count each facet among what its mask marks, most frequent first; years latest first."""
    found: dict[str, list[tuple[str, int]]] = {}
    for facet, mask in masks.items():
        counted = index.counts(facet, mask)
        counted.sort(key=_latest if facet == "year" else _most_frequent)
        picked = chosen.get(facet, ())
        known = dict(counted)
        shown = [pair for at, pair in enumerate(counted) if at < _MOST or pair[0] in picked]
        # What was chosen stays to be seen, so that it can be taken back.
        shown += [(value, 0) for value in picked if value not in known]
        found[facet] = shown
    names = _names(connection, found)
    return {
        facet: tuple(
            FacetCount(value, count, *names.get((facet, value), ("", ""))) for value, count in shown
        )
        for facet, shown in found.items()
    }


def _most_frequent(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]


def _latest(pair: tuple[str, int]) -> int:
    return -int(pair[0])


def _names(
    connection: Connection, found: Mapping[str, list[tuple[str, int]]]
) -> dict[tuple[str, str], tuple[str, str]]:
    codes = {facet: repeated([v for v, _ in found.get(facet, ())], _MOST) for facet in _NAMED}
    if not any(codes.values()):
        return {}
    return {(facet, code): (ko, en) for facet, code, ko, en in connection.execute(_NAMES, codes)}


def quantities(index: Columns, mask: Mask) -> dict[tuple[str, str], int]:
    """Count who has which result, by quantity and unit."""
    kind = QUANTITY.strip("=")
    found = {}
    for value, count in index.counts(kind, mask):
        quantity, _, unit = value.partition("\t")
        found[quantity, unit] = count
    return found

"""A centre as it is after years: sixty firms, 150 instruments, for measuring the catalogue.

Everything is drawn with a seed, and lies in the tables as the centre itself would have put it
there; only that no file stands behind a run.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection, insert

from testbed.adapters.catalogue_blocks import Item
from testbed.adapters.catalogue_facts import facts_of_runs
from testbed.adapters.catalogue_files import rebuild
from testbed.adapters.catalogue_listing import Content
from testbed.adapters.database import Database
from testbed.adapters.run_tables import runs
from testbed.adapters.tables import (
    EPOCH,
    accounts,
    booking_items,
    bookings,
    equipment,
    organisations,
    specimens,
)

__all__ = ["METHODS", "fill_sample"]

METHODS: dict[str, tuple[str, tuple[tuple[str, str, float, float], ...]]] = {
    "iso-6892-1": (
        "ISO 6892-1:2019",
        (("rm", "MPa", 480, 90), ("rp02", "MPa", 310, 70), ("a", "%", 28, 8)),
    ),
    "iso-6507-1": ("ISO 6507-1:2023", (("hv10", "HV", 220, 60),)),
    "iso-148-1": ("ISO 148-1:2016", (("kv2", "J", 90, 35),)),
    "iso-527-2": ("ISO 527-2:2012", (("sigma_m", "MPa", 55, 14), ("et", "MPa", 2400, 500))),
    "iec-61960-3": (
        "IEC 61960-3:2017",
        (("capacity", "A h", 2.5, 0.4), ("energy", "W h", 9.1, 1.4)),
    ),
    "iec-62660-1": ("IEC 62660-1:2018", (("capacity", "A h", 60, 12), ("power", "W", 1800, 300))),
    "iec-60068-2-2": ("IEC 60068-2-2:2007", (("dwell", "h", 16, 4), ("deviation", "K", 0.6, 0.3))),
    "iec-60068-2-6": ("IEC 60068-2-6:2007", (("f_res", "Hz", 380, 120), ("q", "1", 14, 5))),
    "iec-60664-1": (
        "IEC 60664-1:2020",
        (("u_withstand", "kV", 2.1, 0.5), ("leakage", "mA", 0.8, 0.4)),
    ),
    "ks-d-9502": ("KS D 9502:2020", (("hours_to_rust", "h", 240, 90),)),
    "astm-e1269": ("ASTM E1269-11", (("cp", "J g-1 K-1", 0.9, 0.2),)),
    "ks-c-iec-60529": ("KS C IEC 60529:2019", (("ingress", "g", 0.2, 0.1),)),
}
"""Standard, and results with unit, mean and spread."""

_METALS = (
    "한빛",
    "대성",
    "서해",
    "남동",
    "미래",
    "삼정",
    "우진",
    "청우",
    "동방",
    "세종",
    "태광",
    "금강",
)
_TRADES = (
    ("금속", "Metals"),
    ("전자", "Electronics"),
    ("정밀", "Precision"),
    ("소재", "Materials"),
    ("배터리", "Battery"),
)
_LATIN = (
    "Hanbit",
    "Daesung",
    "Seohae",
    "Namdong",
    "Mirae",
    "Samjung",
    "Woojin",
    "Chungwoo",
    "Dongbang",
    "Sejong",
    "Taekwang",
    "Kumkang",
)
_PIECES = (
    "판재",
    "봉재",
    "용접부",
    "사출품",
    "셀",
    "모듈",
    "커넥터",
    "브래킷",
    "기어",
    "케이스",
    "코일",
    "베어링",
)
_KINDS = (
    "SUS304",
    "AL6061-T6",
    "SPCC",
    "Ti-6Al-4V",
    "PA66-GF30",
    "18650",
    "POUCH-60",
    "PCB-FR4",
    "INCONEL718",
    "PEEK",
    "CuZn37",
    "SM45C",
)
_MAKERS = (
    ("Instron", "5985"),
    ("Keysight", "34465A"),
    ("Keysight", "E36312A"),
    ("ESPEC", "PL-3J"),
    ("Zwick", "Z100"),
    ("Mitutoyo", "HV-110"),
    ("Chroma", "17011"),
    ("Hioki", "BT3563"),
    ("Yokogawa", "WT310E"),
    ("IMV", "A30"),
    ("Kikusui", "TOS9300"),
    ("NETZSCH", "DSC 214"),
)
_NAMES = (
    ("만능재료시험기", "Universal testing machine"),
    ("디지털 멀티미터", "Digital multimeter"),
    ("직류전원", "DC power supply"),
    ("항온항습기", "Climatic chamber"),
    ("인장시험기", "Tensile tester"),
    ("비커스 경도계", "Vickers hardness tester"),
    ("충방전기", "Battery cycler"),
    ("배터리 저항계", "Battery tester"),
    ("전력분석계", "Power analyser"),
    ("진동시험기", "Vibration exciter"),
    ("내전압시험기", "Withstanding voltage tester"),
    ("시차주사열량계", "Scanning calorimeter"),
)
_YEARS, _BEGAN = 6, datetime(2020, 11, 1, tzinfo=UTC)
_AT_ONCE = 4000


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One run with its booking and its specimen."""

    tables: dict[Any, dict[str, Any]]
    used: tuple[int, ...]
    content: Content


def fill_sample(database: Database, count: int, seed: int = 20_26) -> None:
    """Fill an empty database with `count` runs and their entries in the catalogue."""
    random = Random(seed)
    with database.writing() as connection:
        _register(connection)
        connection.commit()
    contents: dict[str, Content] = {}
    for first in range(1, count + 1, _AT_ONCE):
        drawn = [_run(random, n, count) for n in range(first, min(first + _AT_ONCE, count + 1))]
        with database.writing() as connection:
            for table in (specimens, bookings, runs):
                connection.execute(insert(table), [each.tables[table] for each in drawn])
            connection.execute(
                insert(booking_items),
                [
                    {"booking_id": each.tables[bookings]["id"], "position": at, "equipment_id": e}
                    for each in drawn
                    for at, e in enumerate(each.used)
                ],
            )
            connection.commit()
        contents |= {each.tables[runs]["file"]: each.content for each in drawn}
    rebuild(database, _items(database, contents))


def _items(database: Database, contents: dict[str, Content]) -> Iterator[Item]:
    places = list(contents)
    for at in range(0, len(places), _AT_ONCE):
        numbers = [place.rpartition("/")[2][:-3] for place in places[at : at + _AT_ONCE]]
        with database.reading() as connection:
            facts = facts_of_runs(connection, numbers)
        for place, known in facts.items():
            yield Item(place=place, size=1, modified=1, content=contents[place], facts=known)


def _register(connection: Connection) -> None:
    firms = [{"id": 1, "code": "centre", "name_ko": "실증화센터", "name_en": "Centre"}]
    firms += [
        {
            "id": 2 + 5 * at + kind,
            "code": f"{latin.lower()}-{en.lower()}",
            "name_ko": f"{ko}{trade}",
            "name_en": f"{latin} {en}",
        }
        for at, (ko, latin) in enumerate(zip(_METALS, _LATIN, strict=True))
        for kind, (trade, en) in enumerate(_TRADES)
    ]
    connection.execute(insert(organisations), firms)
    connection.execute(
        insert(accounts),
        [
            {
                "id": n,
                "login": f"engineer{n}",
                "name_ko": ko,
                "name_en": en,
                "organisation_id": 1,
                "roles": "engineer",
                "locale": "ko",
                "password_hash": "",
                "created": _BEGAN,
            }
            for n, (ko, en) in enumerate(zip(_METALS, _LATIN, strict=True), 1)
        ],
    )
    connection.execute(
        insert(equipment),
        [
            {
                "id": n,
                "code": f"EQ-{n:03}",
                "name_ko": _NAMES[n % 12][0],
                "name_en": _NAMES[n % 12][1],
                "maker": _MAKERS[n % 12][0],
                "model": _MAKERS[n % 12][1],
                "serial": f"SN{100_000 + 37 * n}",
                "location": "",
                "bench": f"bench-{n % 20}",
                "role": f"role{n % 4}",
                "calibration_certificate": "",
                "needs_approval": False,
                "direct_use": True,
                "setup_minutes": 0,
                "cooldown_minutes": 0,
                "shortest_minutes": 1,
                "longest_hours": 24,
            }
            for n in range(1, 151)
        ],
    )


def _run(random: Random, number: int, count: int) -> _Drawn:
    started = _BEGAN + timedelta(days=365.25 * _YEARS * number / count, hours=random.random())
    method = random.choice(list(METHODS))
    standard, measured = METHODS[method]
    firm = 2 + min(int(random.expovariate(1 / 14)), 59)
    used = tuple(sorted(random.sample(range(1, 151), random.randint(1, 4))))
    ending = random.choices(("completed", "aborted", "error", "interrupted"), (90, 5, 3, 2))[0]
    results = [[n, u, round(random.gauss(mean, spread), 4)] for n, u, mean, spread in measured]
    results.append(["t_room", "degC", round(random.gauss(23, 1), 3)])
    outcome = random.choices(("pass", "fail", "not_judged"), (80, 12, 8))[0]
    done = ending == "completed"
    kind = random.choices(("requested", "direct", "maintenance"), (70, 25, 5))[0]
    name, year = f"R-{started.year}-{number:05d}", started.year
    piece = f"{random.choice(_KINDS)} {random.choice(_PIECES)} {random.randint(1, 40)}호"
    judgements = [
        {
            "measurand": n,
            "symbol": n,
            "unit": u,
            "value": v,
            "rounded": f"{v:g}",
            "limit": None,
            "outcome": "not_judged",
            "clause": "",
            "reason": "",
        }
        for n, u, v in (results if done else [])
    ]
    specimen = {
        "id": number,
        "number": f"S-{year}-{number:05d}",
        "name": piece,
        "organisation_id": firm,
        "received": started.date(),
    }
    booking = {
        "id": number,
        "number": f"B-{year}-{number:05d}",
        "kind": kind,
        "state": "approved",
        "organisation_id": firm,
        "account_id": 1 + number % 12,
        "start": started,
        "end": started + timedelta(hours=2),
        "purpose": "",
        "method": method,
        "specimen_id": number,
        "created": started,
    }
    run = {
        "id": number,
        "number": name,
        "booking_id": number,
        "organisation_id": firm,
        "performer_id": 1 + number % 12,
        "specimen_id": number,
        "bench": f"bench-{used[0] % 20}",
        "method": method,
        "version": "1",
        "parameters": "{}",
        "limits": "[]",
        "state": "ended",
        "ending": ending,
        "outcome": outcome if done else "invalid",
        "review": random.choice(("accepted", "waiting"))
        if done and kind == "requested"
        else "none",
        "maintenance": kind == "maintenance",
        "created": started,
        "started": started,
        "ended": started + timedelta(hours=1),
        "progress": "{}",
        "rows": 50_000,
        "file": f"{year}/{name}.h5",
        "file_hash": "",
        "search": "",
        "result": json.dumps({"judgements": judgements}),
    }
    content = {
        "run": name,
        "title": f"{name} {method}",
        "status": ending,
        "rows": 50_000,
        "method": method,
        "version": "1",
        "standard": standard,
        "organisation": "",
        "organisation_ko": "",
        "organisation_code": "",
        "specimen": specimen["number"],
        "specimen_name": piece,
        "bench": run["bench"],
        "operator": f"engineer{1 + number % 12}",
        "booking": booking["number"],
        "kind": kind,
        "outcome": run["outcome"],
        "started": (started - EPOCH) // timedelta(microseconds=1),
        "ended": None,
        "instruments": [
            {
                "role": f"role{e % 4}",
                "maker": _MAKERS[e % 12][0],
                "model": _MAKERS[e % 12][1],
                "serial": f"SN{100_000 + 37 * e}",
                "equipment": f"EQ-{e:03}",
            }
            for e in used
        ],
        "results": results if done else [],
    }
    return _Drawn({specimens: specimen, bookings: booking, runs: run}, used, content)

"""How fast the catalogue of runs answers with 100,000 runs in it, and how fast it is made anew."""

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import runs
from runs.benchmarks.figures import Figure, percentile
from testbed import bootstrap
from testbed.adapters.catalogue_sample import METHODS, fill_sample
from testbed.bootstrap import Testbed
from testbed.domain.names import Name
from testbed.domain.objections import Refused
from testbed.domain.people import Actor, Role
from testbed.services.searching import Search, read_search
from testbed.settings import Settings

__all__ = ["catalogue_figures", "catalogue_rows"]

_RUNS, _FILES = 100_000, 2_000
_ROUNDS = 60
_SLOWEST, _SLOWEST_REBUILD = 5.0, 700.0  # [ms], [files/s]

_STAFF = Actor(
    account=1, login="", name=Name("", ""), organisation=1, roles=frozenset({Role.ENGINEER})
)
_FIRM = replace(_STAFF, organisation=3, roles=frozenset({Role.SME}))

Given = dict[str, str | list[str]]
_METHODS = list(METHODS)


def _days(random: Random) -> Given:
    first = datetime(2020, 11, 1, tzinfo=UTC) + timedelta(days=random.randint(0, 1000))
    last = first + timedelta(days=random.randint(30, 900))
    return {"from": f"{first:%Y-%m-%d}", "to": f"{last:%Y-%m-%d}"}


# Each kind of question draws its words and values anew, so that none is asked twice.
_KINDS: dict[str, Callable[[Random], Given]] = {
    "everything": lambda random: {"size": str(random.randint(20, 25))},
    "a very common word": lambda random: {"q": random.choice(("시험", "재료", "test", "machine"))},
    "a very rare word": lambda random: {"q": f"{random.randint(1, _RUNS):05d}"},
    "no hit": lambda random: {"q": f"xyzzy{random.randint(1, 999)}"},
    "the beginning of a word": lambda random: {"q": random.choice(("r", "r-20", "s-2", "k", "20"))},
    "one Korean letter": lambda random: {"q": random.choice("판봉셀기금용")},
    "Korean and English": lambda random: {
        "q": f"인장시험 {random.choice(('SUS304', 'AL6061', 'SPCC'))} {random.randint(1, 40)}호"
    },
    "a whole line of words": lambda random: {
        "q": f"만능재료시험기 Universal testing machine 한빛금속 판재 {random.randint(1, 40)}호"
    },
    "half of all by a result": lambda random: {
        "result": f"t_room>={23 + random.gauss(0, 0.1):.3f}"
    },
    "half of all, highest first": lambda random: {
        "result": f"t_room>={23 + random.gauss(0, 0.1):.3f}",
        "sort": "highest",
    },
    "the same, a deep page": lambda random: {
        "result": f"t_room>={23 + random.gauss(0, 0.1):.3f}",
        "sort": "lowest",
        "page": str(random.randint(1000, 1700)),
    },
    "a deep page": lambda random: {"page": str(random.randint(3000, 3999))},
    "days": _days,
    "words of the specimen": lambda random: {"specimen": f"SUS304 {random.randint(1, 40)}호"},
    "several of each facet": lambda random: {
        "method": random.sample(_METHODS, 3),
        "equipment": [f"EQ-{n:03}" for n in random.sample(range(1, 151), 5)],
        "year": random.sample(["2021", "2022", "2023", "2024"], 2),
    },
    "all of it together": lambda random: {
        "q": "판재",
        "method": ["iso-6892-1", random.choice(_METHODS)],
        "equipment": [f"EQ-{n:03}" for n in random.sample(range(1, 151), 40)],
        "state": "completed",
        "outcome": ["pass", "fail"],
        "specimen": "SUS304",
        "result": f"rp02>={random.gauss(250, 20):.1f},rp02<400",
        **_days(random),
    },
}


def catalogue_figures(directory: Path, *, count: int = _RUNS, files: int = _FILES) -> list[Figure]:
    """Measure searches in a catalogue of `count` runs, and a rebuild from real files."""
    return [*_searches(directory, count), *_rebuild(directory, files)]


def catalogue_rows() -> list[tuple[str, str, str]]:
    """Measure; gives rows of what, result, and limit."""
    with tempfile.TemporaryDirectory() as directory:
        figures = catalogue_figures(Path(directory))
    return [(figure.measured, figure.result, figure.ratio or figure.asked) for figure in figures]


def _open(home: Path) -> Testbed:
    home.mkdir(exist_ok=True)
    return bootstrap.build(Settings(home=home, database=f"sqlite:///{home / 'testbed.db'}"))


def _searches(directory: Path, count: int) -> list[Figure]:
    home = directory / "sample"
    testbed = _open(home)
    fill_sample(testbed.database, count)
    testbed.close()
    testbed = _open(home)
    begun = time.perf_counter()
    testbed.catalogue.search(_STAFF, Search())
    first = time.perf_counter() - begun
    figures = [
        Figure(measured="first search of a process", result=f"{1000 * first:.0f} ms", unit="ms")
    ]
    random, every = Random(7), []
    taken: dict[str, list[float]] = {kind: [] for kind in _KINDS}
    for _ in range(_ROUNDS):
        # All kinds in turn, so that a busy moment of the machine does not hit one alone.
        for kind, draw in _KINDS.items():
            for actor in (_STAFF, _FIRM):
                taken[kind].append(_seconds(testbed, actor, _wanted(draw(random))))
    for kind, seconds in taken.items():
        every += seconds
        figures.append(_figure(f"search: {kind}", seconds))
    testbed.close()
    return [_figure(f"search among {count:,} runs, all kinds", every), *figures]


def _wanted(given: Given) -> Search:
    wanted = read_search({k: v if isinstance(v, list) else [v] for k, v in given.items()})
    if isinstance(wanted, Refused):
        raise RuntimeError(f"{given}: {wanted}")
    return wanted


def _seconds(testbed: Testbed, actor: Actor, wanted: Search) -> float:
    begun = time.perf_counter()
    testbed.catalogue.search(actor, wanted)
    return time.perf_counter() - begun


def _figure(measured: str, seconds: list[float]) -> Figure:
    middle, slow = (1000 * percentile(seconds, share) for share in (0.5, 0.95))
    result = f"{middle:.1f} ms, p95 {slow:.1f} ms"
    return Figure(measured=measured, result=result, value=slow, at_most=_SLOWEST, unit="ms")


def _rebuild(directory: Path, files: int) -> list[Figure]:
    testbed = _open(directory / "files")
    for number in range(files):
        _write(testbed.settings.runs / "2026" / f"R-2026-{number:05d}.h5", number)
    rates = {}
    for processes in (1, os.cpu_count() or 1):
        begun = time.perf_counter()
        report = testbed.catalogue.index(full=True, processes=processes)
        rates[processes] = files / (time.perf_counter() - begun)
        if report.entries != files or report.unreadable:
            raise RuntimeError(f"the catalogue has {report.entries} of {files} files")
    begun = time.perf_counter()
    testbed.catalogue.index()
    unchanged = time.perf_counter() - begun
    testbed.close()
    best, told = max(rates.values()), [f"{rate:,.0f} with {n}" for n, rate in rates.items()]
    return [
        Figure(
            measured=f"full rebuild from {files:,} files",
            result=f"{best:,.0f} files/s ({', '.join(told)} processes)",
            value=best,
            at_least=_SLOWEST_REBUILD,
            unit="files/s",
        ),
        Figure(
            measured=f"index where none of {files:,} files changed",
            result=f"{1000 * unchanged:.0f} ms",
        ),
    ]


def _write(path: Path, number: int) -> None:
    """Write a short run with five variables and 29 attributes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    method = _METHODS[number % len(_METHODS)]
    attributes: dict[str, str | float | int] = {
        "method": method, "method_version": "1", "standard": METHODS[method][0],
        "booking": f"B-2026-{number:05d}", "bench": f"bench-{number % 20}",
        "organisation": "Hanbit Metals", "organisation_ko": "한빛금속", "performer": "engineer",
        "specimen": f"S-2026-{number:05d}", "specimen_name": f"SUS304 판재 {number % 40}호",
    }  # fmt: skip
    for role in ("frame", "meter", "chamber"):
        attributes |= {
            f"{role}_maker": "Instron", f"{role}_model": "5985", f"{role}_serial": f"SN{number}",
            f"{role}_firmware": "1.2", f"{role}_equipment": f"EQ-{number % 150:03}",
            f"{role}_calibrated_on": "2026-01-05",
        }  # fmt: skip
    attributes["result_rm"], attributes["result_rm_unit"] = 400 + number % 200, "MPa"
    header = runs.Header(
        run=path.stem,
        title=f"{path.stem} {method}",
        started=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number),
        channels=tuple(runs.ChannelInfo(name, "V") for name in ("a", "b", "c", "d")),
        attributes=attributes,
    )
    with runs.create(path, header) as writer:
        for row in range(20):
            writer.append(row * 0.1, 1.0, 2.0, 3.0, 4.0)

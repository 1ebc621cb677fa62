"""Sixteen processes fight for slots: run by `test_booking_guard`, prints what happened.

Each round has four slots. All processes meet at a barrier, then each of them wants all four, by
booking them, by moving bookings of its own onto them, or by approving requests for them.
"""

import json
import multiprocessing
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from testbed import bootstrap
from testbed.domain.names import Name
from testbed.domain.people import Role
from testbed.services.commands import Booked, BookingKind, Done, MoveBooking, RequestBooking
from testbed.services.register import NewEquipment
from testbed.settings import Settings

PROCESSES, SLOTS = 16, 4
WAYS = ("create", "move", "approve")
HOUR = timedelta(hours=1)


class Fixed:
    def now(self) -> datetime:
        return datetime(2026, 11, 24, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        return None


def opened(url: str, home: str) -> bootstrap.Testbed:
    return bootstrap.build(Settings(home=Path(home), database=url), Fixed())


def prepare(url: str, home: str) -> None:
    testbed = opened(url, home)
    testbed.register.add_organisation(None, "centre", Name("센터", "Centre"))
    testbed.register.add_organisation(None, "firm", Name("기업", "Firm"))
    word = "a long password"
    testbed.people.create_account("firm", Name("ㄱ", "F"), "firm", [Role.SME], word)
    testbed.people.create_account("office", Name("ㅇ", "O"), "centre", [Role.OFFICE], word)
    for code, asks in (("EQ-1", False), ("EQ-2", True), ("PARK", False)):
        count = PROCESSES if code == "PARK" else 1
        new = NewEquipment(code=code, name=Name(code, code), needs_approval=asks, unit_count=count)
        testbed.register.add_equipment(None, new)
    testbed.close()


def wish(code: str, start: datetime) -> RequestBooking:
    return RequestBooking(equipment=(code,), start=start, end=start + HOUR, kind=BookingKind.DIRECT)


def fight(url: str, home: str, rounds: int, meet: Any, results: Any) -> None:
    testbed = opened(url, home)
    firm, office = testbed.people.find("firm"), testbed.people.find("office")
    won: list[str] = []
    try:
        for number in range(rounds):
            way = WAYS[number % 3]
            starts = [Fixed().now() + timedelta(hours=SLOTS * number + k + 1) for k in range(SLOTS)]
            mine = []
            for start in starts if way != "create" else ():
                code = "PARK" if way == "move" else "EQ-2"
                booked = testbed.booking.request(firm, wish(code, start))
                assert isinstance(booked, Booked), booked
                mine.append(booked.number)
            meet.wait()
            for place, start in enumerate(starts):
                if way == "create":
                    answer = testbed.booking.request(firm, wish("EQ-1", start))
                elif way == "move":
                    move = MoveBooking(
                        number=mine[place], start=start, end=start + HOUR, equipment="EQ-1"
                    )
                    answer = testbed.booking.move(firm, move)
                else:
                    answer = testbed.booking.approve(office, mine[place])
                if isinstance(answer, Booked | Done):
                    won.append(f"{way} {start.isoformat()}")
    except BaseException as error:
        results.put(("error", repr(error)))
        meet.abort()
        raise
    results.put(("won", won))
    testbed.close()


def main() -> None:
    url, home, rounds = sys.argv[1:]
    prepare(url, home)
    context = multiprocessing.get_context("fork")
    meet, results = context.Barrier(PROCESSES, timeout=60), context.SimpleQueue()
    processes = [
        context.Process(target=fight, args=(url, home, int(rounds), meet, results))
        for _ in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    answers = [results.get() for _ in processes]
    for process in processes:
        process.join()
    print(json.dumps(answers))


if __name__ == "__main__":
    main()

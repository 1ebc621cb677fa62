"""A client of somebody else at work: run in .venv-clients, it knows nothing of this house.

``python walk.py JOB`` opens one driver of PyMeasure or QCoDeS as its users do, carries out what the
job (JSON) says, and prints what came of it (JSON). A walk reads everything that can be read, sets
every setting to values that the driver itself takes for legal, and reads each of them back.
"""

import importlib
import json
import logging
import sys
import warnings
from pathlib import Path

# Words that stand for another value, which is what reads back.
TRANSIENT = ("MIN", "MAX", "DEF", "INF", "ONCE")


def main() -> None:
    job = json.loads(sys.argv[1])
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    sys.path.insert(0, str(Path(__file__).parent))
    library = importlib.import_module(f"{job['library']}_side")
    module, _, name = job["driver"].rpartition(".")
    driver = library.open_driver(getattr(importlib.import_module(module), name), job)
    answers = [step(library, driver, each) for each in job.get("do", ())]
    walked = walk(library, driver, job) if job.get("walk") else {}
    library.close(driver)
    sys.stdout.write("\n" + json.dumps({"answers": answers, **walked}, default=str))


def step(library, driver, what):
    """Carry out one of ["get", place], ["set", place, value], ["call", place, …].

    "mean" and "first" get a trace or a list, by a call where it is one, and give the mean of it or
    its first value; of a pair of lists, the second one.
    """
    verb, place, *values = what
    try:
        if verb not in ("mean", "first"):
            return library.step(driver, verb, place, values)
        found = library.step(driver, "get", place, values)
        found = found() if callable(found) else found
        found = list(found[-1] if isinstance(found, tuple) and len(found) == 2 else found)
        return found[0] if verb == "first" else sum(found) / len(found)
    except Exception as error:  # whatever goes wrong is the result
        return {"error": f"{type(error).__name__}: {error}"}


def walk(library, driver, job):
    leave, read, problems = job.get("leave", {}), {}, []
    for item in library.items(driver):
        left = leave.get(item.name, leave.get(item.name.partition(".")[0] + ".*", ()))
        if left == "all":
            continue
        try:
            value = read[item.name] = item.get() if item.readable else None
        except Exception as error:  # the list of them is the result
            problems.append([item.name, "read", f"{type(error).__name__}: {error}"])
            problems += queued(item, library, driver, job)
            continue
        problems += tried(item, value, left)
        problems += queued(item, library, driver, job)
    return {"read": read, "problems": problems}


def queued(item, library, driver, job):
    """Read the error queue, where the instrument has one."""
    if not job.get("queue", True):
        return []
    return [[item.name, "queue", each] for each in library.errors(driver)]


def tried(item, found, left):
    problems, legal = [], item.legal()
    for value in legal:
        if value in TRANSIENT or value in left:
            continue
        try:
            item.set(value)
            back = item.get() if item.readable else value
        except Exception as error:  # the list of them is the result
            problems.append([item.name, f"set {value!r}", f"{type(error).__name__}: {error}"])
            continue
        if not same(back, value) and not (item.name.endswith("range") and holds(back, value)):
            problems.append([item.name, f"set {value!r}", f"reads {back!r}"])
    if legal and item.readable and found is not None:
        # As the driver takes it: it may read "ON" and take "on", or leave a number as text.
        usual = number(found) if isinstance(found, str) else None
        found = next((each for each in legal if same(found, each)), usual or found)
        try:
            item.set(found)
        except Exception as error:  # the list of them is the result
            problems.append([item.name, f"put back {found!r}", f"{type(error).__name__}: {error}"])
    return problems


def number(value):
    words = {"ON": 1.0, "OFF": 0.0}
    try:
        return float(words.get(str(value).upper(), value))
    except (TypeError, ValueError):
        return None


def same(back, value):
    """Compare what was set with what reads back: numbers, switches, words and their short form."""
    mine, theirs = number(back), number(value)
    if mine is not None and theirs is not None:
        return abs(mine - theirs) <= 1e-4 * max(abs(theirs), 1e-9)
    short, long = str(back).strip("\"'").upper(), str(value).upper()
    return short == long or (len(short) in (3, 4) and long.startswith(short))


def holds(back, value):
    """Tell whether an instrument took the next of its ranges, 5 % of over-range included."""
    mine, theirs = number(back), number(value)
    return mine is not None and theirs is not None and mine * 1.051 >= abs(theirs)


if __name__ == "__main__":
    main()

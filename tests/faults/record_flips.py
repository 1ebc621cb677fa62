"""One flipped bit anywhere in a sealed file, and whether `runs.verify` names the place.

Where each byte belongs is told by HDF5 itself, asked through h5py before the flip.
``python -m tests.faults.record_flips 10000 [seed]`` flips that many and prints a table.
"""

import bisect
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import h5py

import runs
from tests.faults import record_shapes as shapes
from tests.faults.record_apart import PATIENCE, finished, start
from tests.faults.record_shapes import COUNTS, IMAGE, PACKED, SLOW, WAVE, Shape
from tests.faults.record_writer import Ledger, Recorder

__all__ = ["Flip", "Place", "flips", "places", "table"]

_FOOT = 256  # [bytes]
LARGEST = 1 << 20  # [bytes] that a named place may span, beside one compressed chunk
# Shape and main rows: of each variable several mebibytes, all kinds of streams, one row, none.
FILES = {
    "long": (Shape(name="long", rate=0.0, how="extend", batch=8192), 40 * 8192),
    "all kinds": (
        Shape(
            name="all kinds",
            rate=0.0,
            batch=200,
            sides=(SLOW, WAVE, COUNTS, PACKED, IMAGE),
            remark_every=100,
        ),
        12_000,
    ),
    "one row": (Shape(name="one row", rate=0.0, sides=(WAVE, PACKED), remark_every=1), 1),
    "empty": (Shape(name="empty", rate=0.0, sides=(SLOW, IMAGE)), 0),
}
_RECORDS = re.compile(r"variable (\S+), records (\d+) to (\d+)\b")
_BYTES = re.compile(r"(structure|seal)\b.*?bytes (\d+) to (\d+)\b")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Values of a variable in one piece: their bytes, and their records (both ends without)."""

    begin: int
    end: int
    path: str = field(compare=False)
    first: int = field(compare=False)
    last: int = field(compare=False)
    record: int = field(compare=False)

    def row(self, byte: int) -> tuple[int, int]:
        """Give the records that a byte belongs to, both ends included."""
        if not self.record:
            return self.first, self.last - 1
        row = self.first + (byte - self.begin) // self.record
        return row, row


@dataclass(slots=True)
class Flip:
    """One flipped bit, the part that it hit, and what should not be."""

    file: str
    part: str
    byte: int
    bit: int
    wrong: str = ""
    seconds: float = 0.0


def sealed(name: str, directory: Path) -> tuple[Path, str]:
    """Record a file to its end; gives its path and hash."""
    shape, rows = FILES[name]
    path = directory / f"{name}.h5"
    writer = runs.create(path, shapes.header(shape))
    ledger = Ledger(directory / "ledger", new=True)
    recorder = Recorder(shape, writer, ledger, sides={side.name: 0 for side in shape.sides})
    while recorder.rows < rows:
        recorder.batch()
    return path, writer.close().sha256


def places(path: Path) -> list[Place]:
    """Ask HDF5 where the values of every variable lie."""
    found: list[Place] = []

    def look(name: str, node: object) -> None:
        # Text lies in heaps of HDF5, which belong to its structure.
        if not isinstance(node, h5py.Dataset) or not node.size or node.dtype.kind == "O":
            return
        if node.chunks is None:
            begin, size = node.id.get_offset(), node.id.get_storage_size()
            count = node.shape[0]
            found.append(Place(begin, begin + size, name, 0, count, size // count))
            return
        for number in range(node.id.get_num_chunks()):
            chunk = node.id.get_chunk_info(number)
            first = chunk.chunk_offset[0]
            last = min(first + node.chunks[0], node.shape[0])
            end = chunk.byte_offset + chunk.size
            found.append(Place(chunk.byte_offset, end, name, first, last, 0))

    with h5py.File(path, "r") as file:
        file.visititems(look)
    return sorted(found)


def draw(chance: random.Random, size: int, known: list[Place], structure: list[int]) -> int:
    """Choose a byte: anywhere, or where little data lies, which holds the rest together."""
    kind = chance.random()
    if kind < 0.5:
        return chance.randrange(size)
    if kind < 0.7:
        return structure[chance.randrange(len(structure))]
    if kind < 0.8:
        return chance.randrange(96)
    if kind < 0.9:
        return chance.randrange(max(0, size - _FOOT), size)
    place = chance.choice(known)
    return chance.choice((place.begin, place.end - 1, chance.randrange(place.begin, place.end)))


def flip_some(path: Path, name: str, sha256: str, seed: str, count: int, now: Path) -> list[Flip]:
    """Flip bits in a copy, one at a time; `now` tells the byte that is flipped, should it hang."""
    chance = random.Random(seed)
    known, size = places(path), path.stat().st_size
    starts = [place.begin for place in known]
    owned = bytearray(size)
    for place in known:
        owned[place.begin : place.end] = b"\1" * (place.end - place.begin)
    structure = [byte for byte in range(size) if not owned[byte]]
    found = []
    with path.open("r+b", buffering=0) as file:
        for _ in range(count):
            byte, bit = draw(chance, size, known, structure), chance.randrange(8)
            now.write_text(f"{byte}.{bit}")
            file.seek(byte)
            (before,) = file.read(1)
            file.seek(byte)
            file.write(bytes([before ^ 1 << bit]))
            begun = time.monotonic()
            on_record = sha256 if chance.random() < 0.3 else None
            problems = list(runs.verify(path, on_record).problems)
            taken = time.monotonic() - begun
            file.seek(byte)
            file.write(bytes([before]))
            at = bisect.bisect_right(starts, byte) - 1
            owner = known[at] if at >= 0 and byte < known[at].end else None
            wrong = judged(problems, byte, owner, on_record is not None)
            part = owner.path if owner else ("seal" if _in_seal(problems) else "structure")
            found.append(Flip(name, part, byte, bit, wrong, taken))
    if not runs.verify(path, sha256).ok:
        raise RuntimeError("the copy is not what it was")
    return found


def _in_seal(problems: list[str]) -> bool:
    return any("seal" in each for each in problems)


def judged(problems: list[str], byte: int, owner: Place | None, whole: bool) -> str:
    """Tell what is wrong with an answer; "" where it names the place and nothing else."""
    if whole:
        if not problems or "not the one on record" not in problems[0]:
            return f"its hash was not missed: {problems}"
        problems = problems[1:]
    if not problems:
        return "it was not found"
    if len(problems) > 1:
        return f"more than one place is named: {problems}"
    if owner is not None:
        named = _RECORDS.search(problems[0])
        if named is None or named[1].strip("/") != owner.path:
            return f"{owner.path} is not named: {problems[0]}"
        first, last = owner.row(byte)
        begin, end = int(named[2]), int(named[3])
        if not begin <= first <= last <= end:
            return f"records {first} to {last} are not named: {problems[0]}"
        if owner.record and (end - begin - 1) * owner.record > LARGEST:
            return f"too much is named: {problems[0]}"
        return ""
    named = _BYTES.search(problems[0])
    if named is None or not int(named[2]) <= byte <= int(named[3]):
        return f"byte {byte} is not named: {problems[0]}"
    return ""


def flips(
    count: int,
    home: Path,
    seed: int = 1,
    *,
    lanes: int = 2,
    at_once: int = 500,
    names: tuple[str, ...] = tuple(FILES),
) -> list[Flip]:
    """Flip so many bits in sealed files of all kinds, so many at once in each copy."""
    originals = {name: sealed(name, home) for name in names}
    shares = [min(at_once, count - done) for done in range(0, count, at_once)]
    with ThreadPoolExecutor(lanes) as pool:
        jobs = []
        for number, share in enumerate(shares):
            name = names[number % len(names)]
            jobs.append(pool.submit(_apart, originals[name], name, f"{seed} {number}", share, home))
        return [each for job in jobs for each in job.result()]


def _apart(original: tuple[Path, str], name: str, seed: str, count: int, home: Path) -> list[Flip]:
    place = home / seed
    place.mkdir()
    copy, now, errors = place / "copy.h5", place / "now", place / "errors"
    shutil.copyfile(original[0], copy)
    work: Callable[..., object] = flip_some
    try:
        found = finished(
            *start(errors, work, copy, name, original[1], seed, count, now), 5 * PATIENCE
        )
    except TimeoutError as error:
        return [Flip(name, "?", 0, 0, f"byte {now.read_text()}: hangs: {error}")]
    if found is None:
        return [Flip(name, "?", 0, 0, f"byte {now.read_text()}: {errors.read_text()[-1500:]}")]
    shutil.rmtree(place)
    return found  # type: ignore[return-value]


def table(found: list[Flip]) -> str:
    """Show how many flips hit each part, and whether they were located."""
    lines = [f"{'file':<12}{'part':<28}{'flips':>7}{'located':>8}{'ms':>7}"]
    counted = Counter((each.file, each.part) for each in found)
    for (file, part), number in sorted(counted.items()):
        these = [each for each in found if (each.file, each.part) == (file, part)]
        located = sum(not each.wrong for each in these)
        slowest = sorted(each.seconds for each in these)[len(these) // 2]
        lines.append(f"{file:<12}{part:<28}{number:>7}{located:>8}{1000 * slowest:>7.1f}")
    return "\n".join(lines)


def main() -> None:
    """Flip as many bits as asked for."""
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="flips-") as directory:
        found = flips(count, Path(directory), seed)
    bad = [each for each in found if each.wrong]
    for each in bad[:50]:
        print(f"✗ {each.file}, byte {each.byte} bit {each.bit} ({each.part}): {each.wrong}")
    print(table(found))
    taken = time.monotonic() - begun
    print(f"{len(found)} flips in {taken:.0f} s, {len(bad)} not located, seed {seed}")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()

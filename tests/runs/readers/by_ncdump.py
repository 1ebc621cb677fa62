"""`ncdump` of the distribution (netCDF-C 4.9, HDF5 1.10): its text, read back."""

import re
import subprocess
from collections.abc import Iterator

import numpy as np
import seen

TOKEN = re.compile(r'"((?:\\.|[^"\\])*)"|//[^\n]*|([{}();=,:])|([^\s{}();=,:"]+)', re.DOTALL)
TYPES = {
    "double": "<f8", "float": "<f4", "short": "<i2", "int": "<i4", "int64": "<i8", "byte": "i1",
    "ubyte": "u1", "string": "text",
}  # fmt: skip
ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


class Text(str):
    """A quoted one."""

    __slots__ = ()


def tokens(text: str) -> Iterator[str]:
    for quoted, mark, word in (match.groups() for match in TOKEN.finditer(text)):
        if quoted is not None:
            yield Text(re.sub(r"\\(.)", lambda m: ESCAPED.get(m[1], m[1]), quoted))
        elif mark or word:
            yield mark or word


def number(word: str) -> object:
    if isinstance(word, Text):
        return str(word)
    bare = re.sub(r"(?<=[\d.])(LL|[bsfu])$", "", word).replace("NaNf", "NaN")
    return int(bare) if re.fullmatch(r"-?[1-9]\d*|0", bare) else float(bare)


def statement(words: Iterator[str], end: str = ";") -> list[str]:
    taken = []
    for word in words:
        if word == end and not isinstance(word, Text):
            break
        taken.append(word)
    return taken


def values(taken: list[str]) -> list[object]:
    return [number(word) for word in taken if isinstance(word, Text) or word != ","]


def group(words: Iterator[str], below: str, sizes: dict[str, int]) -> dict[str, object]:
    """Read a group up to its closing brace; `words` stands behind the opening one."""
    found: dict[str, dict[str, object]] = {}
    own: dict[str, object] = {}
    sizes = dict(sizes)
    part = ""
    for word in words:
        if word == "}":
            break
        if word in ("dimensions", "variables", "data"):
            part = word
            next(words)
        elif word == "group":
            next(words)
            name = next(words)
            next(words)
            found |= group(words, f"{below}{name}/", sizes)["variables"]
        elif part == "dimensions":
            _, size = statement(words)[:2]
            sizes[word] = int(size)
        elif part == "data":
            next(words)
            found[below + word]["data"] = values(statement(words))
        else:
            line = [word, *statement(words)]
            at = line.index(":") if ":" in line[:3] else -1
            if at >= 0:
                # Without a name before the colon it belongs to the group.
                names = [each for each in line[:at] if each != "string"]
                owner = found[below + names[0]]["attributes"] if names else own
                owner[line[at + 1]] = seen.plain(values(line[at + 3 :]))
            else:
                kind, name, *rest = line
                names = [each for each in rest if each not in "(),"]
                found[below + name] = {
                    "dimensions": names, "type": TYPES[kind], "attributes": {},
                    "shape": [sizes[each] for each in names], "data": [],
                }  # fmt: skip
    return {"attributes": own, "variables": found}


def look(path: str) -> dict[str, object]:
    text = subprocess.run(
        ["ncdump", "-p", "9,17", path], capture_output=True, text=True, check=True
    ).stdout
    # netCDF has no fixed dimension of length 0: it calls such a one unlimited.
    words = tokens(re.sub(r"UNLIMITED ; // \((\d+) currently\)", r"\1 ;", text))
    statement(words, "{")
    read = group(words, "", {})
    for each in read["variables"].values():
        dtype = object if each["type"] == "text" else each["type"]
        shaped = np.array(each["data"], dtype=dtype).reshape(each["shape"])
        each.update(seen.variable(each["dimensions"], shaped, each["attributes"]))
    read["attributes"] = seen.attributes(read["attributes"])
    return read


seen.say(look)

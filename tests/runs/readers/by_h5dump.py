"""`h5dump` of HDF5 1.10: its text for names and attributes, its binary output for the values."""

import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import seen

NODE = re.compile(r'^( *)(GROUP|DATASET|ATTRIBUTE|SOFTLINK|HARDLINK) "([^"]*)" \{$')
TYPES = {
    "H5T_IEEE_F64LE": "<f8", "H5T_IEEE_F32LE": "<f4", "H5T_STD_I8LE": "i1", "H5T_STD_I16LE": "<i2",
    "H5T_STD_I32LE": "<i4", "H5T_STD_I64LE": "<i8", "H5T_STRING": "text",
}  # fmt: skip


def run(*arguments: str) -> str:
    return subprocess.run(["h5dump", *arguments], capture_output=True, text=True, check=True).stdout


def blocks(text: str) -> dict[str, list[str]]:
    """Give the lines of each node by its path; an attribute is `path@name`."""
    found: dict[str, list[str]] = {}
    open_ones: list[tuple[int, str]] = []
    for line in text.splitlines():
        node = NODE.match(line)
        if node:
            indent = len(node[1])
            while open_ones and open_ones[-1][0] >= indent:
                open_ones.pop()
            above = open_ones[-1][1] if open_ones else ""
            mark = "@" if node[2] == "ATTRIBUTE" else "/"
            path = "" if node[3] == "/" else f"{above}{mark}{node[3]}"
            open_ones.append((indent, path))
            found[path] = [node[2]]
        elif open_ones:
            found[open_ones[-1][1]].append(line)
    return found


def kind(lines: list[str]) -> str:
    (named,) = [re.search(r"DATATYPE +(\w+)", line) for line in lines if "DATATYPE" in line][:1]
    return TYPES.get(named[1], named[1])


def shape(lines: list[str]) -> tuple[int, ...]:
    (space,) = [line for line in lines if "DATASPACE" in line][:1]
    simple = re.search(r"SIMPLE \{ \( ([^)]*) \)", space)
    return tuple(int(size) for size in simple[1].split(", ")) if simple else ()


def unescaped(text: str) -> str:
    """Undo `-e`; a byte beyond ASCII comes as the octal digits of a negative 32-bit integer."""
    raw = re.sub(
        r"\\(3[0-7]{10}|.)",
        lambda m: chr(int(m[1], 8) & 255) if len(m[1]) > 1 else {"n": "\n"}.get(m[1], m[1]),
        text,
    )
    return raw.encode("latin1").decode()


def data(lines: list[str]) -> list[object]:
    body = "\n".join(lines)
    body = body[body.index("DATA {") + 6 :]
    if '"' in body:
        return [unescaped(each) for each in re.findall(r'"((?:\\.|[^"\\])*)"', body, re.DOTALL)]
    words = re.sub(r"\([\d,]+\):|[{}]", " ", body).replace(",", " ").split()
    return [int(word) if re.fullmatch(r"-?\d+", word) else float(word) for word in words]


def dimensions(path: str, nodes: dict[str, list[str]]) -> list[str]:
    if f"{path}@DIMENSION_LIST" not in nodes:
        return [path.rsplit("/", 1)[-1]]
    listed = "\n".join(nodes[f"{path}@DIMENSION_LIST"])
    return [each.rsplit("/", 1)[-1] for each in re.findall(r"DATASET \d+ \"?([^\s\")]+)", listed)]


def look(path: str) -> dict[str, object]:
    nodes = blocks(run("-A", "-e", "-w", "0", "-m", "%.17g", path))
    attributes: dict[str, dict[str, object]] = {}
    for name, lines in nodes.items():
        owner, _, attribute = name.partition("@")
        if attribute and attribute not in seen.INTERNAL:
            attributes.setdefault(owner, {})[attribute] = seen.plain(data(lines))
    variables = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, lines in nodes.items():
            if lines[0] != "DATASET" or "@" in name:
                continue
            size, dtype = shape(lines), kind(lines)
            if dtype == "text":
                text = blocks(run("-e", "-w", "0", "-d", name, path))
                (block,) = [each for each in text.values() if each[0] == "DATASET"]
                values = np.array(data(block) if 0 not in size else [], dtype=object)
            else:
                raw = Path(scratch, "raw")
                raw.write_bytes(b"")
                run("-d", name, "-b", "LE", "-o", str(raw), path)
                values = np.frombuffer(raw.read_bytes(), dtype)
            variables[name[1:]] = seen.variable(
                dimensions(name, nodes), values.reshape(size), attributes.get(name, {})
            )
    return {"attributes": seen.attributes(attributes.get("", {})), "variables": variables}


seen.say(look)

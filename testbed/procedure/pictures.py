"""Pictures that a method's package ships, to be shown with a question."""

import re
from importlib.resources import files
from importlib.resources.abc import Traversable

from testbed.procedure.declare import Procedure

__all__ = ["method_picture", "picture_file"]

_TYPES = {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\.(svg|png|jpg|webp)")


def picture_file(method: type[Procedure], name: str) -> Traversable | None:
    """Find ``pictures/<method>/<name>`` beside a method; None where it ships no such picture."""
    if not _NAME.fullmatch(name):
        return None
    package = method.__module__.rpartition(".")[0]
    source = files(package) / "pictures" / method.id / name
    return source if source.is_file() else None


def method_picture(method: type[Procedure], name: str) -> tuple[bytes, str] | None:
    """Read a picture; gives its bytes and media type, None where there is none."""
    source = picture_file(method, name)
    if source is None:
        return None
    return source.read_bytes(), _TYPES[name.rpartition(".")[2]]

"""Pictures that a method's package ships, to be shown with a question."""

import re
from importlib.resources import files

from testbed.procedure.declare import Procedure

__all__ = ["method_picture"]

_TYPES = {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\.(svg|png|jpg|webp)")


def method_picture(method: type[Procedure], name: str) -> tuple[bytes, str] | None:
    """Read ``pictures/<method>/<name>`` beside a method; gives its bytes and media type.

    None where the method ships no such picture.
    """
    named = _NAME.fullmatch(name)
    if named is None:
        return None
    package = method.__module__.rpartition(".")[0]
    source = files(package) / "pictures" / method.id / name
    return (source.read_bytes(), _TYPES[named[1]]) if source.is_file() else None

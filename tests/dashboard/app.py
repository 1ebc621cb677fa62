"""The whole web application over a real centre, asked without a browser."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.routing import Route, WebSocketRoute

from dashboard.app import create
from testbed.bootstrap import Testbed


@contextmanager
def served(testbed: Testbed) -> Iterator[tuple[str, Any]]:
    """Serve the application on a free port; hands out its address and its routes."""
    import threading

    application = create(testbed)
    server = uvicorn.Server(
        uvicorn.Config(application, host="127.0.0.1", port=0, log_level="warning")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            threading.Event().wait(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", application._app
    finally:
        server.should_exit = True
        thread.join()


def addresses(server: Any, values: dict[str, str]) -> list[tuple[str, str]]:
    """List every route as (method or "WS", path), with parameters filled in."""
    found = []
    for route in server.router.routes:
        path = getattr(route, "path", "")
        for name, value in values.items():
            path = path.replace("{" + name + "}", value).replace("{" + name + ":path}", value)
        if "{" in path:
            raise AssertionError(f"the walk does not know a value for {path}")
        if isinstance(route, WebSocketRoute):
            found.append(("WS", path))
        elif isinstance(route, Route) or hasattr(route, "methods"):
            found += [(method, path) for method in sorted(route.methods or ()) if method != "HEAD"]
        else:
            found.append(("GET", path))
    return found


def callback(output: str, inputs: list[dict[str, Any]], state: list[dict[str, Any]]) -> str:
    """Write what a browser sends for a callback."""
    outputs = _outputs(output)
    changed = [f"{each['id']}.{each['property']}" for each in inputs[:1]]
    return json.dumps(
        {
            "output": output,
            "outputs": outputs,
            "inputs": inputs,
            "state": state,
            "changedPropIds": changed,
        }
    )


def _outputs(output: str) -> Any:
    parts = [part for part in output.strip(".").split("...") if part]
    made = []
    for part in parts:
        name, _, prop = part.rpartition(".")
        made.append({"id": name, "property": prop.split("@")[0]})
    return made if output.startswith("..") else made[0]


__all__ = ["addresses", "callback", "served"]

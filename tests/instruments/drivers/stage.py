"""One bench whose roles are named by their drivers, over real transports, on a virtual clock."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from instruments import registry
from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from testbed.adapters.remote_clock import ControlSocket


@contextmanager
def bench(
    directory: Path,
    world: str,
    *drivers: str,
    own: Mapping[str, Mapping[str, Any]] | None = None,
    timeout: float = 0.5,
    **options: Any,
) -> Iterator[tuple[dict[str, Any], ControlSocket]]:
    """Serve `drivers` in a `world` (TOML of the simulator table); gives instruments and control.

    Options are for all drivers, `own` ones for the driver that is named.
    """
    given = {driver: {**options, **(own or {}).get(driver, {})} for driver in drivers}
    text = f'name = "bench"\n[simulator]\nclock = "virtual"\n{world}\n'
    for driver in drivers:
        text += f'[roles.{driver}]\ndriver = "{driver}"\nserial = "S1"\n'
        text += "".join(f"{key} = {json.dumps(value)}\n" for key, value in given[driver].items())
    path = directory / "bench.toml"
    path.write_text(text)
    simulator = simulation.start(path, directory / "state")
    control = simulator.control()
    connected: dict[str, Any] = {}
    try:
        for role, each in read_bench(path).bench("@py", simulator.announcement).roles.items():
            connected[role] = registry.connect(
                each.driver, each.address, serial="S1", timeout=timeout, **given[role]
            )
        yield connected, control
    finally:
        for instrument in connected.values():
            instrument.close()
        control.close()
        simulator.stop()

"""One bench whose roles are named by their drivers, over real transports, on a virtual clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from instruments import registry
from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from testbed.adapters.remote_clock import ControlSocket


@contextmanager
def bench(
    directory: Path, world: str, *drivers: str, **options: Any
) -> Iterator[tuple[dict[str, Any], ControlSocket]]:
    """Serve `drivers` in a `world` (TOML of the simulator table); gives instruments and control."""
    text = f'name = "bench"\n[simulator]\nclock = "virtual"\n{world}\n'
    for driver in drivers:
        text += f'[roles.{driver}]\ndriver = "{driver}"\nserial = "S1"\n'
        text += "".join(f"{key} = {value}\n" for key, value in options.items())
    path = directory / "bench.toml"
    path.write_text(text)
    simulator = simulation.start(path, directory / "state")
    control = simulator.control()
    connected: dict[str, Any] = {}
    try:
        for role, each in read_bench(path).bench("@py", simulator.announcement).roles.items():
            connected[role] = registry.connect(
                each.driver, each.address, serial="S1", timeout=0.5, **options
            )
        yield connected, control
    finally:
        for instrument in connected.values():
            instrument.close()
        control.close()
        simulator.stop()

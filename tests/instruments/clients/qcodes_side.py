"""How QCoDeS' instruments are opened, read and set; what their parameters say of themselves."""

import math


def open_driver(kind, job):
    options = {"visalib": "@py", "terminator": "\n", "timeout": 1}
    options |= job.get("options", {})
    return kind(
        "client", job["address"], **{k: each for k, each in options.items() if each is not None}
    )


def close(driver):
    driver.close()


def errors(driver):
    found = []
    while not (entry := driver.ask("SYST:ERR?")).lstrip("+").startswith("0") and len(found) < 9:
        found.append(entry)
    return found


def owner_of(driver, place):
    *path, name = place.split(".")
    for each in path:
        driver = driver[int(each)] if each.isdigit() else getattr(driver, each)
    return driver, name


def step(driver, verb, place, values):
    owner, name = owner_of(driver, place)
    parameters = getattr(owner, "parameters", {})
    if verb == "call":
        named = values.pop() if values and isinstance(values[-1], dict) else {}
        return plain(getattr(owner, name)(*values, **named))
    if name in parameters:
        parameter = parameters[name]
        return parameter.set(*values) if verb == "set" else plain(parameter.get())
    return plain(getattr(owner, name))


def plain(value):
    return value.tolist() if hasattr(value, "tolist") else value


def items(driver, before=""):
    for name, parameter in sorted(driver.parameters.items()):
        if name not in ("timeout", "IDN"):
            yield Item(parameter, before + name)
    for name, child in sorted(driver.submodules.items()):
        if hasattr(child, "parameters"):
            yield from items(child, f"{before}{name}.")


class Item:
    """One parameter: whether it can be read and set, and to what."""

    def __init__(self, parameter, name):
        self._parameter, self.name = parameter, name
        self.readable = parameter.gettable

    def get(self):
        return plain(self._parameter.get())

    def set(self, value):
        self._parameter.set(value)

    def legal(self):
        if not self._parameter.settable:
            return []
        mapping = getattr(self._parameter, "val_mapping", None)
        if mapping:
            # Of several words for one and the same, the one that reads back.
            return list(self._parameter.inverse_val_mapping.values())[:4]
        return [each for each in values_of(self._parameter.vals) if self._admitted(each)][:4]

    def _admitted(self, value):
        try:
            self._parameter.validate(value)
        except (TypeError, ValueError):
            return False
        return True


def values_of(validator):
    name = type(validator).__name__
    if name == "MultiType":
        return [each for inner in validator._validators for each in values_of(inner)
                if not isinstance(each, str)]  # fmt: skip
    if name in ("Enum", "OnOff"):
        words = validator._values if name == "Enum" else {"on", "off"}
        return sorted(words, key=str)
    if name in ("Numbers", "Ints", "PermissiveInts"):
        low, high = validator._min_value, validator._max_value
        if not (math.isfinite(low) and math.isfinite(high)) or abs(low) > 1e15 or abs(high) > 1e15:
            return []
        middle = float(f"{low + (high - low) / 4:.3g}")
        return [low, high, middle if name == "Numbers" else int(middle)]
    return [True, False] if name == "Bool" else []

"""How PyMeasure's instruments are opened, read and set; what their properties say of themselves."""

import inspect


def open_driver(kind, job):
    options = {"visa_library": "@py", "read_termination": "\n", "write_termination": "\n",
               "timeout": 1000}  # fmt: skip
    options |= job.get("options", {})
    return kind(job["address"], **{key: each for key, each in options.items() if each is not None})


def close(driver):
    driver.adapter.close()


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
    if verb == "set":
        return setattr(owner, name, values[0])
    found = getattr(owner, name)
    return found(*values) if verb == "call" else found


def items(driver, before=""):
    for name, property_ in inspect.getmembers(
        type(driver), lambda each: isinstance(each, property)
    ):
        item = Item(driver, name, property_, before + name)
        if item.of_the_instrument:
            yield item
    for name, child in sorted(vars(driver).items()):
        if type(child).__name__ != "dict" and hasattr(child, "parent") and name != "parent":
            yield from items(child, f"{before}{name}.")


class Item:
    """One property: whether it can be read and set, and to what."""

    def __init__(self, owner, attribute, property_, name):
        self._owner, self._attribute, self.name = owner, attribute, name
        self._get, self._set = self._said(property_.fget), self._said(property_.fset)
        self._prefix = getattr(property_, "prefix", None)
        self.of_the_instrument = "get_command" in self._get or "set_command" in self._set
        self.readable = self._get.get("get_command") is not None

    @staticmethod
    def _said(function):
        if function is None:
            return {}
        parameters = inspect.signature(function).parameters.values()
        return {each.name: each.default for each in parameters}

    def _of(self, key):
        if self._prefix is not None:
            name = f"{self._prefix}{self._attribute}_{key}"
            if name in vars(self._owner):
                return vars(self._owner)[name]
        return self._set.get(key)

    def get(self):
        value = getattr(self._owner, self._attribute)
        if isinstance(value, str):
            self._refuse(value)
        return value

    def _refuse(self, value):
        # A number that could not be read stays text, without a word.
        words = self._of("values") or ()
        known = list(words.keys()) if isinstance(words, dict) else list(words)
        if known and not any(isinstance(each, str) for each in known):
            raise ValueError(f"{value!r} was left as text")

    def set(self, value):
        setattr(self._owner, self._attribute, value)

    def legal(self):
        command, values = self._of("set_command"), self._of("values")
        if command is None or values is None or isinstance(values, str):
            return []
        if isinstance(values, dict):
            return list(values)[:4]
        listed, validator = list(values), getattr(self._of("validator"), "__name__", "")
        if self._of("map_values") or "discrete" in validator:
            return listed[:4]
        if "range" in validator and len(listed) == 2:
            low, high = listed
            middle = float(f"{low + (high - low) / 4:.3g}")
            return [low, high, int(middle) if "%d" in command else middle]
        return []

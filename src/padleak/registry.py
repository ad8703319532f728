"""A registry: from the name a user types to the thing, with "did you mean"."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

from padleak.discovery import import_extensions, note
from padleak.errors import InputError, unknown_name


class Registry:
    """Names to functions, filled by a decorator and found without a central list.

    Args:
        kind: What is registered, in the singular, as errors call it ("padding").
        package: Package whose modules register things. All are imported on the first look-up, and then the user's own
            files, so that a new file is found by itself.

    >>> dishes = Registry("dish")
    >>> @dishes.add(vegan=True)
    ... def falafel(): "Fried chickpeas."
    >>> dishes.names(), dishes.facts("falafel")
    (('falafel',), {'vegan': True})
    >>> dishes["falafle"]
    Traceback (most recent call last):
        ...
    padleak.errors.InputError: dish must be one of falafel; got falafle. Did you mean falafel?
    """

    def __init__(self, kind: str, package: str | None = None):
        self.kind = kind
        self._package = package
        self._things: dict[str, Callable] = {}
        self._facts: dict[str, dict[str, Any]] = {}

    def add(self, function: Callable | None = None, **facts: Any) -> Callable:
        """Register a function under its own name (or `name=`); other `facts` are kept beside it."""
        if function is None:
            return lambda decorated: self.add(decorated, **facts)
        name = facts.pop("name", function.__name__)
        if name in self._things and self._things[name].__module__ != function.__module__:
            raise InputError(self.kind, "a name not taken yet", name, "Rename one of the two functions.")
        self._things[name] = function
        self._facts[name] = facts
        note(name, function.__module__)
        return function

    def __getitem__(self, name: str) -> Callable:
        self._discover()
        if not isinstance(name, str) or name not in self._things:
            raise unknown_name(self.kind, self.names(), name)
        return self._things[name]

    def __contains__(self, name: str) -> bool:
        self._discover()
        return isinstance(name, str) and name in self._things

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def names(self) -> tuple[str, ...]:
        """All names, in the order of registration."""
        self._discover()
        return tuple(self._things)

    def facts(self, name: str) -> dict[str, Any]:
        """What was said beside the registration of `name`."""
        self[name]
        return self._facts[name]

    def summary(self, name: str) -> str:
        """First line of the docstring of `name`."""
        return (inspect.getdoc(self[name]) or "").split("\n")[0]

    def _discover(self) -> None:
        if self._package is None:
            return
        name, self._package = self._package, None
        try:
            package = importlib.import_module(name)
            for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
                importlib.import_module(module.name)
            import_extensions()
        except BaseException:
            self._package = name  # so that the next look-up fails too, instead of missing what is left
            raise

"""A page for each package, of what the docstrings of its modules say: written to `docs/api/` whenever the site is built."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import padleak

_LEFT_OUT = {"catalogue", "cli", "extensions", "templates"}
"""Traps have a page of their own, commands say what they do with `--help`, and the rest holds no code of ours."""


def write_pages(folder: Path) -> None:
    """Write `<package>.rst` for every package, and `padleak.rst` for the modules beside them."""
    folder.mkdir(exist_ok=True)
    for package, modules in _modules_by_package().items():
        (folder / f"{package.__name__}.rst").write_text(_page(package, modules), encoding="utf-8")


def _modules_by_package() -> dict[ModuleType, list[str]]:
    beside = [found for found in pkgutil.iter_modules(padleak.__path__, "padleak.") if _is_shown(found.name)]
    pages = {padleak: [found.name for found in beside if not found.ispkg]}
    for found in beside:
        if found.ispkg:
            package = importlib.import_module(found.name)
            within = pkgutil.walk_packages(package.__path__, f"{found.name}.")
            pages[package] = [module.name for module in within if _is_shown(module.name)]
    return pages


def _is_shown(module: str) -> bool:
    parts = module.split(".")
    return _LEFT_OUT.isdisjoint(parts) and not any(part.startswith("_") for part in parts)


def _page(package: ModuleType, modules: list[str]) -> str:
    given = ", ".join(_links(package))
    parts = [
        _section(package.__name__, "="),
        f"Given away by the package itself: {given}.\n" if given else "",
        *(_section(module, "-") for module in modules),
    ]
    return "\n".join(parts)


def _links(package: ModuleType) -> Iterator[str]:
    for name in getattr(package, "__all__", ()):
        thing = getattr(package, name)
        is_code = inspect.isclass(thing) or inspect.isfunction(thing)
        yield f":py:obj:`{name} <{thing.__module__}.{name}>`" if is_code else f"``{name}``"


def _section(module: str, line: str) -> str:
    return f"{module}\n{line * len(module)}\n\n.. automodule:: {module}\n   :members:\n   :ignore-module-all:\n"

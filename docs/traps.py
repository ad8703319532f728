"""Write docs/traps.md from the catalogue: `.venv/bin/python docs/traps.py`."""

import importlib
import inspect
import textwrap
import warnings
from pathlib import Path

import keras

from padleak.audit.catalogue import CATALOGUE, Trap

HEAD = """# Traps

Ways in which fill gets through in Keras 3, each with the smallest model that shows it, and what mends it (`mended`). The
helpers (`embed`, `lstm`, `is_real`, ...) are in `src/padleak/audit/catalogue/parts.py`; the tests audit every trap and every
cure. The leak is what `padleak.audit` measured: how far fill moves the output, in times how far exchanging one real step
moves it, fill at the end or in front, with fresh or drawn weights, whichever is more. Where no output leaks, the number
is what the finding tells: the share of steps, or what fill does to statistics or gradients. Made by `docs/traps.py`.
"""


def describe(trap: Trap) -> str:
    """One section."""
    keras.utils.set_random_seed(0)
    report = trap.audit(mended=False)
    finding = report.findings[0]
    mechanism = inspect.getdoc(trap.build)
    cured = finding.cure if trap.has_cure else f"Not within this model: {finding.cure}"
    seen = f" Threads: {trap.seen}." if trap.seen else ""
    measured = (
        f"Leak: {report.max_leak:.2g} ({', '.join(finding.sides)})." if report.leaks else f"Told: {finding.leak:.2g}."
    )
    parts = [trap.build] if trap.batch is None else [trap.batch, trap.build]
    code = "\n\n".join(map(_source, parts))
    return (
        f"### {trap.name.capitalize()}\n\n`{finding.code}`: {mechanism}{seen}\n\n"
        f"{measured} Cure: {cured}\n\n```python\n{code}\n```\n"
    )


def _source(function) -> str:
    """Its code without decorator and docstring."""
    source = textwrap.dedent(inspect.getsource(function))
    return source[source.index("def ") :].replace(f'    """{inspect.getdoc(function)}"""\n', "").rstrip()


def describe_all() -> str:
    """All sections, under what the modules of the catalogue say of themselves."""
    modules = list(dict.fromkeys(trap.build.__module__ for trap in CATALOGUE))
    told = [HEAD]
    for module in modules:
        told.append(f"## {inspect.getdoc(importlib.import_module(module)).rstrip('.')}\n")
        told += [describe(trap) for trap in CATALOGUE if trap.build.__module__ == module]
    return "\n".join(told)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    target = Path(__file__).with_suffix(".md")
    target.write_text(describe_all(), encoding="utf-8")
    print(target)

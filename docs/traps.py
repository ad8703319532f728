"""Write docs/traps.md from the catalogue: `.venv/bin/python docs/traps.py`."""

import inspect
import textwrap
import warnings
from pathlib import Path

import keras

import padleak
from padleak.audit.catalogue import CATALOGUE, Trap

HEAD = """# Traps

Ways in which fill gets through in Keras 3, each with the smallest model that shows it, and what mends it (`mended`). The
helpers (`embed`, `lstm`, `is_real`, ...) and all of this are in `src/padleak/audit/catalogue.py`; the tests audit every trap
and every cure. The leak is what `padleak.audit` measured: how far fill moves the output, in times how far exchanging one real
step moves it, fill at the end or in front, with fresh or drawn weights, whichever is more. Made by `docs/traps.py`.
"""


def describe(trap: Trap) -> str:
    """One section."""
    keras.utils.set_random_seed(0)
    report = padleak.audit(trap.build(False), pad_value=trap.pad_value)
    finding = report.findings[0]
    source = textwrap.dedent(inspect.getsource(trap.build))
    body = source[source.index("def ") :]
    mechanism = inspect.getdoc(trap.build)
    code = body.replace(f'    """{mechanism}"""\n', "").rstrip()
    cured = "There is no cure within the model: take another read-out." if not trap.has_cure else finding.cure
    seen = f" Threads: {trap.seen}." if trap.seen else ""
    return (
        f"## {trap.name.capitalize()}\n\n`{finding.code}`: {mechanism}{seen}\n\n"
        f"Leak: {report.max_leak:.2g} ({', '.join(finding.sides)}). Cure: {cured}\n\n```python\n{code}\n```\n"
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    target = Path(__file__).with_suffix(".md")
    target.write_text("\n".join([HEAD, *map(describe, CATALOGUE)]), encoding="utf-8")
    print(target)

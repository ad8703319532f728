"""The two rules of the architecture: imports run one way, and reading results needs no Keras."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import padleak

SOURCES = Path(padleak.__file__).parent
MAY_IMPORT = {
    "errors": set(),
    "extensions": set(),
    "discovery": {"errors"},
    "arguments": {"errors"},
    "memory": {"errors"},
    "folders": {"errors"},
    "registry": {"errors", "discovery"},
    "progress": {"errors"},
    "bench": {"errors", "arguments", "folders"},
    "reading": {"errors", "memory"},
    "measures": {"errors", "arguments", "memory", "registry"},
    "data": {"errors", "arguments", "memory", "registry", "measures", "reading"},
    "models": {"errors", "arguments", "memory", "registry", "data", "measures"},
    "study": {
        "errors",
        "arguments",
        "discovery",
        "folders",
        "memory",
        "registry",
        "data",
        "measures",
        "models",
        "audit",
        "reading",
    },
    "audit": {"errors", "arguments", "memory", "registry", "data", "measures", "models", "reading"},
    "__main__": {"cli"},
    "testing": {"audit"},
    "pytest_plugin": {"testing"},
    "report": {"errors", "arguments", "reading", "discovery", "registry", "data", "measures", "study"},
    "cli": {
        "errors",
        "arguments",
        "registry",
        "progress",
        "bench",
        "data",
        "measures",
        "models",
        "study",
        "report",
        "audit",
    },
    "__init__": {"errors", "study", "audit"},
}


def imports_of(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("padleak."):
            names.add(node.module.split(".")[1])
    return names


@pytest.mark.parametrize("file", sorted(SOURCES.rglob("*.py")), ids=lambda file: str(file.relative_to(SOURCES)))
def test_imports_run_one_way(file):
    layer = file.relative_to(SOURCES).parts[0].removesuffix(".py")
    assert imports_of(file) <= MAY_IMPORT[layer] | {layer}


@pytest.mark.parametrize(
    "statement",
    [
        "import padleak",
        "import padleak.measures.shift, padleak.measures.inference",
        "import padleak.report.page; from padleak.report.plots import figures; figures.names()",
        "from padleak.study.experiment import find_experiments; from padleak.study.grid import PROFILES; "
        "[e.design(PROFILES['standard']) for e in find_experiments().values()]",
        "import runpy, sys; sys.argv = ['padleak', 'list']; from padleak.cli import main\ntry: main()\nexcept SystemExit: pass",
    ],
)
def test_reading_and_planning_start_without_keras(statement):
    check = "\nimport sys; heavy = {'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules); assert not heavy, heavy"
    result = subprocess.run([sys.executable, "-c", statement + check], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr

"""A cell on another backend: Keras takes one a process, so it runs in a child that lives as long as this process."""

import atexit
import contextlib
import functools
import importlib
import json
import os
import subprocess
import sys
from typing import Any

from padleak.models import backend


def call(of: str, function: str, **arguments: Any) -> Any:
    """Call a function in a process of the given backend: this one if it is its own.

    Args:
        of: `tensorflow`, `jax` or `torch`.
        function: `module:name`.
        arguments: What JSON can hold; so is the result.

    Raises:
        RuntimeError: The child failed; the message is its own.
    """
    if of == backend.name():
        return _call_here(function, arguments)
    child, answer = _child(of), ""
    with contextlib.suppress(BrokenPipeError):
        child.stdin.write(json.dumps([function, arguments]) + "\n")
        child.stdin.flush()
        answer = child.stdout.readline()
    if not answer:
        _child.cache_clear()  # the others' children end with this process
        raise RuntimeError(f"the process on {of} ended with code {child.wait()}")
    fine, result = json.loads(answer)
    if not fine:
        raise RuntimeError(f"on {of}: {result}")
    return result


@functools.cache
def _child(of: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "padleak.study.trials.elsewhere"]
    environment = os.environ | backend.environment(of)
    if of != "jax":
        environment.pop("XLA_FLAGS", None)
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    atexit.register(_end, child)
    return child


def _end(child: subprocess.Popen) -> None:
    """It ends when its input does."""
    with contextlib.suppress(BrokenPipeError):
        child.stdin.close()
    child.wait()
    child.stdout.close()


def _call_here(function: str, arguments: dict[str, Any]) -> Any:
    module, name = function.split(":")
    return getattr(importlib.import_module(module), name)(**arguments)


def _serve() -> None:
    """Answer until standard input ends. What anything prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        function, arguments = json.loads(line)
        try:
            answer = [True, _call_here(function, arguments)]
        except Exception as error:
            answer = [False, f"{type(error).__name__}: {error}"]
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    _serve()

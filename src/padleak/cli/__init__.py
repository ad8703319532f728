"""The command line, a file a verb. Results go to stdout, messages to stderr.

Exit code 0: fine, 1: found something, 2: bad call.
"""

from padleak.cli import listing, running, reporting, checking, benching, auditing  # isort: skip  (the order of --help)
from padleak.cli.app import app, main

__all__ = ["app", "auditing", "benching", "checking", "listing", "main", "reporting", "running"]

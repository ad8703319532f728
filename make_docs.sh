#!/usr/bin/env bash
# The documentation as a site: docs/_build/html/index.html. Warnings are errors; nothing is fetched.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
exec .venv/bin/python -m sphinx -q -E -a -W --keep-going docs docs/_build/html "$@"

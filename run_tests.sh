#!/usr/bin/env bash
# All tests; `./run_tests.sh fast` leaves out the slow ones; further arguments go to pytest.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
set -e
.venv/bin/ruff check .
selection=()
if [ "${1:-}" = fast ]; then selection=(-m "not slow"); shift; fi
exec .venv/bin/python -m pytest -n "${PADLEAK_TEST_WORKERS:-2}" --dist loadfile "${selection[@]}" "$@"

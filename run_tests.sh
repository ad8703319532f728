#!/usr/bin/env bash
# All tests; `./run_tests.sh fast` leaves out the slow ones; further arguments go to pytest.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
set -e
.venv/bin/ruff check .
# In the order of files: by size, the one that takes longest (the smoke run) would come last and alone.
# What is skipped is told with its reason: the pages want a browser, which comes from npm.
run_pytest() { .venv/bin/python -m pytest -rs -n "${PADLEAK_TEST_WORKERS:-2}" --dist loadfile --no-loadscope-reorder "$@"; }
if [ "${1:-}" = fast ]; then
  shift
  run_pytest -m "not slow" "$@"
elif [ $# -gt 0 ]; then
  run_pytest "$@"
else
  run_pytest
  .venv/bin/python -m pytest --doctest-modules src --ignore=src/padleak/models/engines
  # What an engine must do, and what the auditor must find (not its cures), is asked of the second backend, too.
  KERAS_BACKEND=jax run_pytest tests/models/test_training.py tests/study/test_sequence_trial.py \
    tests/models/test_side_by_side.py::test_each_learns_what_keras_teaches_it_alone
  KERAS_BACKEND=jax run_pytest --dist load tests/audit -k "Catalogue and found"
fi

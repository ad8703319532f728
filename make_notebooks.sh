#!/usr/bin/env bash
# Run the notebooks from their scripts (notebooks/*.py, which are what one edits) on the results that PADLEAK_RESULTS names, the last
# standard run if it names none, and keep their outputs. `./make_notebooks.sh 05_your_data` runs one.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
exec .venv/bin/python docs/notebooks.py "$@"

#!/usr/bin/env bash
# The main job: run the study and write the report.
#   ./run_all.sh [smoke|standard|paper] [arguments of `padleak run`]
# Run it again at any time: what is finished is kept, what is missing is computed.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
profile=standard
case "${1:-}" in smoke | standard | paper) profile=$1; shift ;; esac
exec .venv/bin/padleak run --profile "$profile" "$@"

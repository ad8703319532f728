# Sourced by run_all.sh and run_tests.sh: makes .venv from requirements.txt once, and again only when the pins change.
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1

find_python() {
  for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3 python; do
    [ -n "$candidate" ] || continue
    "$candidate" -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
      && { echo "$candidate"; return; }
  done
  echo "padleak needs Python 3.11, 3.12 or 3.13 with venv; none was found. Install one, or name it: PYTHON=/path/to/python $0" >&2
  return 1
}

stamp=.venv/installed
if ! cat requirements.txt pyproject.toml | cmp -s - "$stamp"; then
  python=$(find_python) || exit 2
  echo "Setting up .venv with $("$python" --version) (once; about 3 GB and a few minutes) ..." >&2
  # Pins that changed are installed over what is there; a half-made environment is made anew.
  [ -e "$stamp" ] || rm -rf .venv
  [ -d .venv ] || "$python" -m venv .venv || exit 2
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt || exit 2
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . || exit 2
  cat requirements.txt pyproject.toml >"$stamp"
fi

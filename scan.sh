#!/usr/bin/env bash
# Known vulnerabilities of the packages in requirements.txt, as PyPI's database tells them; `./scan.sh -s osv` asks OSV's.
# Needs a network. Exit code 0: none is known of any package; 1: some are, or not every package could be asked about.
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 2
here=$(mktemp -d) || exit 2
trap 'rm -rf "$here"' EXIT
"${PYTHON:-python3}" -m venv "$here" && "$here/bin/pip" install --quiet --disable-pip-version-check pip-audit || exit 2
"$here/bin/pip-audit" --requirement requirements.txt --require-hashes --disable-pip --strict "$@"

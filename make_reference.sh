#!/usr/bin/env bash
# Make results/reference anew from a complete standard run (tables, report and figures; no cells), and the README's summary of it.
set -e
./run_all.sh standard
rm -rf results/reference
mkdir -p results/reference
cd results/standard
cp -R report.html report.md verdicts.json run.json environment.json cells.csv measurements.parquet figures ../reference/
cd ../..
.venv/bin/padleak report results/reference --into README.md

#!/usr/bin/env bash
# Make results/reference anew from a complete standard run (tables, report and figures; no cells), and the README's summary of it.
# `./make_reference.sh bench` runs the benchmarks anew, too; else those of the last time are kept.
set -e
./run_all.sh standard
mkdir -p results/reference
find results/reference -mindepth 1 -not -name bench.json -delete
cd results/standard
cp -R report.html report.md verdicts.json run.json environment.json checksums.json cells.csv measurements.parquet figures ../reference/
cd ../..
if [ "${1:-}" = bench ]; then .venv/bin/padleak bench --json results/reference/bench.json; fi
for file in README.md ARTIFACT.md; do .venv/bin/padleak report results/reference --into $file; done

"""What `pip install .` brings: everything that a run outside the repository needs."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from setuptools import find_packages

REPOSITORY = Path(__file__).parents[1]


def test_every_package_is_named():
    named = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = {"padleak.benchmarks", "padleak.experiments", *find_packages(str(REPOSITORY / "src"))}
    assert sorted(found) == named


@pytest.mark.slow
def test_the_installed_package_works_outside_the_repository(tmp_path):
    wheels, site, away = (tmp_path / name for name in ("wheels", "site", "away"))
    away.mkdir()
    # The sources are copied: building leaves folders behind.
    copy = tmp_path / "copy"
    subprocess.run(["git", "clone", "-q", str(REPOSITORY), str(copy)], check=True)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(wheels), str(copy)], check=True)
    (wheel,) = wheels.iterdir()
    subprocess.run([*pip, "install", "--no-deps", "--target", str(site), str(wheel)], check=True)
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PADLEAK_")}
    listed = subprocess.run(
        [sys.executable, "-m", "padleak", "list", "--profile", "smoke"],
        cwd=away, env=outside | {"PYTHONPATH": str(site)}, capture_output=True, text=True,
    )  # fmt: skip
    assert listed.returncode == 0, listed.stderr
    assert "core_grid (" in listed.stdout and "L9" in listed.stdout
    where = subprocess.run(
        [sys.executable, "-c", "from padleak.folders import find_folder as f; print(f('experiments'), f('benchmarks'))"],
        cwd=away, env=outside | {"PYTHONPATH": str(site)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert where.stdout.count(str(site)) == 2

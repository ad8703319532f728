import json
import subprocess
import sys
from dataclasses import asdict, replace

import pytest

from padleak.study.grid import PROFILES


def padleak(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    import os

    return subprocess.run(
        [sys.executable, "-m", "padleak", *arguments],
        capture_output=True, text=True, check=False, env=os.environ | environment,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "core_gird"], "experiment must be one of attention_masking, cloze, core_grid"),
        (["run", "core_gird"], "Did you mean core_grid?"),
        (["run", "standrad", "core_grid"], "Is the profile standard meant? (--profile standard)"),
        (["run", "--profile", "standart"], "Did you mean standard?"),
        (["run", "--dataset", "csv:nowhere.csv"], "must be a file that exists; got nowhere.csv"),
        (["run", "--dataset", "docstring"], "Did you mean docstrings?"),
        (["run", "--text", "review"], "--text must be used together with --dataset; got review"),
        (["run", "--target", "num"], "--target must be used together with --dataset; got num"),
        (["run", "--dataset", "docstrings", "--missing", "?"], "--missing must be used together with --target; got ?"),
        (
            ["run", "--dataset", "wine", "--text", "review"],
            "--text must be left out with a table of predictors; got review",
        ),
        (
            ["run", "core_grid", "--dataset", "wine"],
            "experiment must be one that takes a table: missing_values; got core_grid",
        ),
        (["run", "--dataset", "gaussian"], "--dataset must be a table that is found, not drawn; got gaussian"),
        (["run", "--dataset", "csv:nowhere.csv?target=y"], "table csv must be a file that exists; got nowhere.csv"),
        (["run", "--dataset", "txt:book.txt"], "Did you mean text?"),
        (["run", "--dataset", "text:nowhere.txt"], "corpus text must be a file that exists; got nowhere.txt"),
        (
            ["run", "core_grid", "--dataset", "cloze"],
            "experiment must be one that takes a corpus: masking_rate, masking_split",
        ),
        (["run", "--dataset", "pairs:nowhere.tsv"], "pairs pairs must be a file that exists; got nowhere.tsv"),
        (["run", "--dataset", "cloze", "--target", "num"], "--target must be left out with cloze; got num"),
        (["run", "core_gird", "--dataset", "wine"], "Did you mean core_grid?"),
        (
            ["run", "--dataset", "csv:nowhere.csv", "--target", "num"],
            "table csv must be a file that exists; got nowhere.csv",
        ),
        (
            ["run", "--dataset", "reviews.csv"],
            "--dataset must be named with its kind; got reviews.csv. Write csv:reviews.csv.",
        ),
        (
            ["audit", "nowhere.keras"],
            "a file that model.save('NAME.keras') wrote; got nowhere.keras. There is no such file.",
        ),
        (["audit", "old.h5"], "There is no such file."),
        (["run", "--workers", "-1"], "--workers"),
        (["run", "--workers", "two"], "--workers"),
        (["report", "nowhere"], "results folder must be written by `padleak run`; got nowhere"),
        (["check", "nowhere"], "results folder must be written by `padleak run`"),
        (["explode"], "No such command"),
    ],
)
def test_a_mistake_is_one_clear_message_and_exit_code_2(arguments, says, tmp_path):
    result = padleak(*arguments)
    assert result.returncode == 2
    assert says in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_a_table_with_the_wrong_column_is_told_before_any_work(tmp_path):
    table = tmp_path / "reviews.csv"
    table.write_text("review,stars\ngood film,1\nbad film,0\n")
    result = padleak("run", "--dataset", f"csv:{table}", "--results", str(tmp_path / "results"))
    assert result.returncode == 2
    assert "must be one of review, stars; got text. Name the column of texts with --text" in result.stderr
    assert not (tmp_path / "results" / "cells").exists()


def test_results_on_other_data_are_not_overwritten(tmp_path):
    results = tmp_path / "results"
    results.mkdir()
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        rows = "".join(f"red green {number},{number % 2}\n" for number in range(40))
        (tmp_path / folder / "tickets.csv").write_text("text,label\n" + rows)
    profile = replace(PROFILES["smoke"], data=f"csv:{tmp_path / 'one' / 'tickets.csv'}?words=50")
    (results / "run.json").write_text(json.dumps({"profile": asdict(profile), "experiments": {}}))
    result = padleak("run", "--dataset", f"csv:{tmp_path / 'two' / 'tickets.csv'}", "--results", str(results))
    assert result.returncode == 2 and "--results must be a folder of results on csv:" in result.stderr
    assert "Name another folder." in result.stderr and not (results / "cells").exists()


def test_a_comma_in_a_path_is_a_part_of_it(tmp_path):
    table = tmp_path / "my, tickets.csv"
    table.write_text("review,stars\ngood film,1\nbad film,0\n")
    result = padleak("run", "--dataset", f"csv:{table}", "--results", str(tmp_path / "results"))
    assert f"text column of {table} must be one of review, stars" in result.stderr


def test_a_table_of_predictors_with_the_wrong_target_is_told_before_any_work(tmp_path):
    table = tmp_path / "heart.csv"
    table.write_text("age,chol,num\n" + "".join(f"{row},{'?' if row % 5 else row},{row % 2}\n" for row in range(40)))
    result = padleak("run", "--dataset", f"csv:{table}", "--target", "nun", "--results", str(tmp_path / "results"))
    assert result.returncode == 2
    assert "must be one of age, chol, num; got nun. Did you mean num?" in result.stderr
    assert not (tmp_path / "results" / "cells").exists()


def test_list_as_json_names_all_parts():
    listed = json.loads(padleak("list", "--json").stdout)
    assert {"core_grid", "drivers", "pre_against_post"} <= {experiment["name"] for experiment in listed["experiments"]}
    assert "embedding_then_masking" in listed["masking"] and "stretched" in listed["padding"]
    assert all(
        summary
        for kind in (
            "data set",
            "masking",
            "padding",
            "model",
            "readout",
            "measure",
            "table",
            "mechanism",
            "filling",
            "estimator",
            "gap pattern",
            "telling",
        )
        for summary in listed[kind].values()
    )


@pytest.mark.parametrize("verb", ["list", "run", "report", "check"])
def test_every_verb_has_help_with_an_example(verb):
    result = padleak(verb, "--help")
    assert result.returncode == 0
    assert f"padleak {verb}" in result.stdout and "Example" in result.stdout


def test_no_colour_is_honoured():
    assert "\x1b[" not in padleak("list", NO_COLOR="1", FORCE_COLOR="").stdout

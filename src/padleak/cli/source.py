"""What is read in place of our own data: the user's `--dataset`, and the options that name its columns."""

import re
from pathlib import Path

from padleak.cli.app import say
from padleak.errors import InputError, unknown_name

TAKEN_AS = {"sequences": "data", "tables": "table", "corpora": "corpus", "pairs": "pairs"}
"""What experiments read -> the setting of a profile that names the user's."""
_AS_SAID = {"tables": "a table", "corpora": "a corpus", "pairs": "pairs of texts"}


def find_source(dataset: str, of_texts: dict[str, str], of_tables: dict[str, str]) -> tuple[str, str]:
    """What is read, a key of `TAKEN_AS`, and its source with the options that name columns, files made absolute so that
    workers find them."""
    from urllib.parse import urlencode

    from padleak.data.corpus import corpora
    from padleak.data.dataset import Source, datasets
    from padleak.data.pairs import pair_sets
    from padleak.data.table import tables

    given = {name: value for name, value in (of_texts | of_tables).items() if value}
    if not dataset:
        for name, value in given.items():
            raise InputError(f"--{name}", "used together with --dataset", value)
        return "sequences", ""
    name, _, options = dataset.partition("?")
    name = name.partition(":")[0]
    for reads, registry in (("corpora", corpora), ("pairs", pair_sets)):
        if name in registry and name not in datasets:
            for option, value in given.items():
                raise InputError(f"--{option}", f"left out with {name}", value)
            Source.parse(dataset, registry)
            return reads, _absolute(dataset)
    known = list(dict.fromkeys([*datasets, *tables, *corpora, *pair_sets]))
    if name not in known:
        kind = Path(dataset.partition("?")[0]).suffix[1:]
        if kind in known:
            raise InputError("--dataset", "named with its kind", dataset, f"Write {kind}:{dataset}.")
        raise unknown_name("--dataset", known, name)
    has_target = bool(of_tables["target"]) or "target=" in options
    is_table = has_target or (name in tables and name not in datasets)
    other = of_texts if is_table else of_tables
    for option in given:
        if option in other:
            rule = "left out with a table of predictors" if is_table else "used together with --target"
            raise InputError(f"--{option}", rule, given[option])
    if is_table and tables.facts(name).get("synthetic"):
        raise InputError(
            "--dataset",
            "a table that is found, not drawn",
            name,
            "Its experiment draws it anyway: leave --dataset out.",
        )
    if given:
        dataset += ("&" if "?" in dataset else "?") + urlencode(given)
    Source.parse(dataset, tables if is_table else datasets)
    return "tables" if is_table else "sequences", _absolute(dataset)


def _absolute(dataset: str) -> str:
    name, _, rest = dataset.partition(":")
    path, mark, options = rest.partition("?")
    if not path or name == "keras":
        return dataset
    parts = [path] if Path(path).is_file() else path.split(",")
    return f"{name}:" + ",".join(str(Path(part).resolve()) for part in parts) + mark + options


def that_read(names: list[str], reads: str) -> list[str]:
    """The named experiments; of data that not all take, those that do, and no others."""
    from padleak.study.experiment import choose_experiments

    if reads == "sequences":
        return names
    able = [experiment.name for experiment in choose_experiments([]) if experiment.reads == reads]
    for name in names:
        if name not in able:
            choose_experiments([name])
            raise InputError("experiment", f"one that takes {_AS_SAID[reads]}: {', '.join(able)}", name)
    return names or able


def say_what_is_read(source: str, reads: str, rows: int) -> None:
    """What there is, and what was left out; where it is less than the `rows` that a profile trains on, that, too."""
    from padleak.data.corpus import load_corpus
    from padleak.data.dataset import load
    from padleak.data.pairs import load_pairs
    from padleak.data.table import load_table
    from padleak.data.vocabulary import FIRST_WORD

    left_out: list[str] = []
    if reads in ("corpora", "pairs"):
        texts = load_corpus(source) if reads == "corpora" else load_pairs(source)
        what = "texts" if reads == "corpora" else "pairs"
        words = len(texts.train.values) + len(texts.test.values)
        say(
            f"{len(texts.train) + len(texts.test)} {what}, {words} words, {texts.words - FIRST_WORD} of them told apart"
        )
        left_out = [f"{count} ({reason})" for reason, count in getattr(texts, "skipped", {}).items()]
    elif reads == "tables":
        table = load_table(source)
        predicts = f"{len(table.classes)} classes" if table.classes else "a number"
        factors = sum(size > 0 for size in table.categories)
        say(
            f"{len(table)} rows, {len(table.columns)} predictors ({factors} of categories), "
            f"{100 * table.missing_share:.1f} % of the values missing, {predicts} to predict"
        )
        left_out = list(table.notes)
    else:
        data = load(source)
        say(f"{len(data.train)} rows to train on, {len(data.test)} to test on")
        if len(data.train) < rows:
            say(
                f"The profile would train on {rows}: every network sees what there is, and seeds differ less than they should."
            )
        left_out = [f"{count} rows ({reason})" for reason, count in data.skipped.items()]
    if left_out:
        say("Left out: " + ", ".join(left_out))


def slug(source: str) -> str:
    """A folder name for a source: `csv:/data/My reviews.csv?text=x` becomes `my-reviews`."""

    path = source.partition("?")[0].partition(":")[2].split(",")[0]
    stem = Path(path).stem if path else source.partition("?")[0]
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "data"

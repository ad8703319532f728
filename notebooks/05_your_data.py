# %% [markdown]
# # Your data
#
# How much does padding cost *you*, and what should you do about it? Here your data are a csv file of texts and
# labels, made on the spot from docstrings of Python's standard library: which package is a docstring from? Put the
# path and the columns of your own file into the next cell; nothing else has to change.

# %%
FILE, TEXT, LABEL = None, "text", "label"  # FILE = "reviews.csv" for yours

# %%
import ast
import sysconfig
import tempfile
import warnings
from pathlib import Path
from urllib.parse import urlencode

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from padleak.data import load
from padleak.measures.bootstrap import bootstrap
from padleak.measures.inference import estimate_mean
from padleak.report.plots import COLOURS, SIDE_COLOURS, STYLE, draw_dots

warnings.simplefilter("ignore")
plt.rcParams.update(STYLE)


def first_paragraphs(package):
    """Of the docstrings of a package of the standard library, read from its sources."""
    for file in sorted(Path(sysconfig.get_path("stdlib"), package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef) and (
                text := ast.get_docstring(node)
            ):
                yield " ".join(text.partition("\n\n")[0].split())


folder = tempfile.TemporaryDirectory()
if FILE is None:
    FILE = Path(folder.name, "texts.csv")
    rows = [
        (text, package)
        for package in ("asyncio", "email", "importlib", "logging")
        for text in first_paragraphs(package)
    ]
    pd.DataFrame(rows, columns=[TEXT, LABEL]).drop_duplicates(TEXT).to_csv(FILE, index=False)
source = f"csv:{FILE}?{urlencode({'text': TEXT, 'label': LABEL})}"
pd.read_csv(FILE).groupby(LABEL)[TEXT].agg(["size", "first"])

# %% [markdown]
# ## How much of it is fill?
#
# Rows are padded to one length. Where few texts are long, most of what is computed is fill.

# %%
data = load(source)
print(len(data.train), "rows to train on,", len(data.test), "to test on; left out:", data.skipped or "none")
lengths = data.train.lengths
length = int(np.quantile(lengths, 0.95))
fill = lambda weights: 1 - weights @ lengths.clip(max=length) / (length * weights.sum(axis=1))  # noqa: E731
share = bootstrap(fill, [np.arange(len(lengths))], np.random.default_rng(0))

figure, axis = plt.subplots(figsize=(6.5, 3), layout="constrained")
axis.hist(lengths, bins=np.arange(0, lengths.max() + 2), color="0.6")
axis.axvline(length, color=COLOURS["none"], linestyle="--", label=f"padded to {length} steps, longer ones are cut")
axis.set(xlabel="words of a text", ylabel="texts")
axis.set_title(
    f"{100 * share.mean:.0f} % [{100 * share.low:.0f}, {100 * share.high:.0f}] of all steps are fill "
    f"(n = {len(lengths)} texts, 95 %)"
)
axis.legend()
plt.show()

# %% [markdown]
# ## What does it do?
#
# The study's own cells, on your data: an LSTM without a mask (`none`), with `Embedding(mask_zero=True)`
# (`embedding`), or with the fill's vector held at zero (`zero_vector`), fill on either side, five seeds. A seed draws
# training rows, weights and order. Each cell measures accuracy under its own padding, and how far the fill moves the
# state that the classifier sees. In brackets: 95 % intervals over seeds.

# %%
from padleak.report.decision.front import find_standings, gain
from padleak.report.decision.ways import ACCURACY, LEAKAGE, telling
from padleak.study import factorial
from padleak.study.trials.sequence import SequenceCell

design = factorial(
    SequenceCell, data=source, masking=["none", "embedding", "zero_vector"], padding=["pre", "post"], length=length,
    rows=min(700, len(lengths) * 5 // 6), validation=min(130, len(lengths) // 6), epochs=10, probes=(), seed=list(range(5)),
)  # fmt: skip
table = pd.concat(
    [cell.run().measurements.assign(cell=cell.key, **cell.factors) for cell in design.cells], ignore_index=True
)
choice = telling(table)
print(f"{len(design.cells)} networks, {len(data.test)} test texts, classes {', '.join(data.classes)}")

# %%
standings = find_standings(choice)


def say(found, digits=1):
    return f"{100 * found.mean:.{digits}f} [{100 * found.low:.{digits}f}, {100 * found.high:.{digits}f}]"


pd.DataFrame(
    {"way": standing.way.name, "accuracy, %": say(standing.estimates["accuracy"]),
     "shift of the state, % of its norm": say(standing.estimates["leakage"]),
     "clearly better": standing.beaten_by.name if standing.beaten_by else ""}
    for standing in standings
)  # fmt: skip

# %%
ways = {(way.kind, way.side): way for way in choice.ways}
kinds = list(dict.fromkeys(way.kind for way in choice.ways))
figure, axes = plt.subplots(1, 2, figsize=(11, 3.2), layout="constrained", sharey=True)
for axis, respect, label in zip(
    axes, (ACCURACY, LEAKAGE), ("accuracy on test texts, %", "shift of the state by its fill,\n% of its norm")
):
    for offset, (side, colour) in zip((-0.12, 0.12), SIDE_COLOURS.items()):
        shown = pd.DataFrame(vars(estimate_mean(100 * ways[kind, side].values[respect.name])) for kind in kinds)
        places = pd.Series(range(len(kinds))) + offset
        draw_dots(axis, shown, places, f"fill {side}", colour, "o" if side == "pre" else "s")
    axis.set(xlabel=label, yticks=range(len(kinds)), yticklabels=kinds)
axes[0].invert_yaxis()
costs = {side: gain(ways["embedding", side], ways["none", side], ACCURACY) for side in ("pre", "post")}
axes[0].set_title(
    f"Without a mask, fill at the end costs {say(costs['post'], 0)} points\nof accuracy, in front {say(costs['pre'], 0)}"
)
moved = {side: estimate_mean(ways["none", side].values["leakage"]) for side in ("pre", "post")}
axes[1].set_title(
    f"and moves the state by {say(moved['post'], 0)} % of its norm,\nin front by {say(moved['pre'], 0)} %"
)
axes[1].legend(loc="upper left", bbox_to_anchor=(1, 1))
figure.suptitle(f"{costs['post'].n} seeds; bars and brackets are 95 % intervals over them", fontsize=9)
plt.show()

# %% [markdown]
# ## So, what should you do?
#
# What the report of a whole run says, of these cells. Every number is computed, and so is which way a sentence turns.

# %%
from padleak.report.decision.advice import write_advice

for advice in write_advice({choice.name: choice}):
    print(f"{advice.when}:", *advice.sentences, sep="\n  ")
folder.cleanup()

# %% [markdown]
# ## The whole study on your data
#
# `./run_all.sh standard --dataset csv:reviews.csv --text review --label stars` runs every experiment that reads
# sequences on your file: more ways to mask, read-outs, batchings with their time, other architectures. `padleak.load`
# then opens the folder that it names, and the other notebooks read it with `PADLEAK_RESULTS`.

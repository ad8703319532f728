# %% [markdown]
# # Masking as an objective
#
# What do a masked language model, a language model and a translator make of the same words, layer by layer? It reads
# the reference results; for your own run set `PADLEAK_RESULTS`, or change the path.

# %%
import os

import matplotlib.pyplot as plt
import seaborn as sns

import padleak
from padleak.report.plots import summarise
from padleak.study import where

sns.set_palette("colorblind")
OBJECTIVES = ["masked", "causal", "translation"]
LOOK = {"hue": "objective", "hue_order": OBJECTIVES, "style": "objective", "style_order": OBJECTIVES, "kind": "line"}

results = padleak.load(os.environ.get("PADLEAK_RESULTS", "../results/reference"))
shown = ["id", "statement", "verdict", "effect", "low", "high", "unit", "n"]


def say(values, digits=2):
    """Mean and 95 % interval over seeds of each objective, in one sentence."""
    rows = summarise(values, ["objective"])
    return ", ".join(
        f"{r.objective} {r['mean']:.{digits}f} [{r.low:.{digits}f}, {r.high:.{digits}f}]" for _, r in rows.iterrows()
    )


results.verdicts[results.verdicts["id"].str.startswith("O")][shown]

# %% [markdown]
# ## Do they tell words at all?
#
# Loss on test texts by training step. A model that tells words no better than their frequencies do has nothing to
# look into.

# %%
table = results.of("objectives")
table = table[(table.kind == "language") & (table.steps > 0)]
table = table.assign(objective=table.objective.astype(str), layer=table.layer.astype(str))
curves = where(table, probe="learning", metric="loss").rename(columns={"count": "step"})
curves = curves.assign(step=curves.step.astype(int))
grid = sns.relplot(curves, x="step", y="value", col="width", height=3.2, **LOOK)
grid.set(xlabel="training steps", ylabel="loss (nats a word)")
ends = curves[curves.step == curves.step.max()]
wide = ends[ends.width == ends.width.max()]
grid.figure.suptitle(
    f"Loss at the end, width {wide.width.max()}:\n{say(wide)} (n = {wide.seed.nunique()} seeds; bands 95 %)",
    y=1.1,
    fontsize=10,
)
plt.show()
# %%
tests = summarise(where(table, probe="test"), ["metric", "objective", "width"]).set_index(
    ["metric", "objective", "width"]
)
tests.round(3)

# %% [markdown]
# ## What each layer holds
#
# Mutual information of the states' clusters and the word that goes in, less what shuffled words would give.

# %%
told = where(table, probe="untouched", metric=["told_of_input", "told_of_input_shuffled"])
told = told.pivot_table(index=["objective", "width", "seed", "layer"], columns="metric", values="value").reset_index()
told["beyond chance (nats)"] = told.told_of_input - told.told_of_input_shuffled
told["layer"] = told.layer.astype(int)
grid = sns.relplot(told, x="layer", y="beyond chance (nats)", col="width", height=3.2, **LOOK)
last = told[(told.layer == told.layer.max()) & (told.width == told.width.max())]
last = last.rename(columns={"beyond chance (nats)": "value"})
grid.figure.suptitle(
    f"Nats the last layer holds of its word, width {last.width.max()}:\n{say(last)} "
    f"(n = {last.seed.nunique()} seeds; bands 95 %)",
    y=1.1, fontsize=10,
)  # fmt: skip
plt.show()
# %% [markdown]
# ## An order of your own
#
# Register it, train on it, and compare: texts that are read backwards. A masked model should not mind, and a language
# model has another task. (60 steps: enough to see that it runs; take 1,000 for an answer.)

# %%
import warnings

import numpy as np
import pandas as pd

from padleak.data import word_orders
from padleak.study.trials.language import LanguageCell

warnings.simplefilter("ignore")


@word_orders.add
def backwards(texts, generator):
    """Each text from its last word to its first."""
    text = np.repeat(np.arange(len(texts)), texts.lengths)
    return texts.with_values(texts.values[np.lexsort((-np.arange(len(text)), text))])


runs = {
    order: where(LanguageCell(word_order=order, steps=60, width=16).run().measurements, probe="learning", metric="loss")
    for order in ("natural", "backwards")
}
curves = pd.concat(runs, names=["order"]).reset_index("order")
figure, axis = plt.subplots(figsize=(5, 3))
sns.lineplot(curves.assign(step=curves["count"].astype(int)), x="step", y="value", hue="order", style="order", ax=axis)
axis.set(xlabel="training steps", ylabel="loss (nats a word)")
ends = [run[run["count"] == run["count"].max()].value.item() for run in runs.values()]
axis.set_title(
    f"After 60 steps backwards costs {ends[1] - ends[0]:+.2f} nats a word (one seed: no interval)", fontsize=10
)
plt.show()

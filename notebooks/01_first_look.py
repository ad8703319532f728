# %% [markdown]
# # A first look
#
# Load the results of a run, see what was decided, and draw a figure of your own. It reads the reference results that
# come with the repository; for your own run set `PADLEAK_RESULTS`, or change the path.

# %%
import os

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns

import padleak

results = padleak.load(os.environ.get("PADLEAK_RESULTS", "../results/reference"))
pd.set_option("display.max_colwidth", 90)
results.verdicts[["id", "statement", "verdict", "effect", "low", "high", "unit", "n"]]

# %% [markdown]
# ## One row a number
#
# Every measurement is one row: the probe, the layer, the metric, the value, and the settings of the cell as columns.

# %%
table = results.of("core_grid")
table[["data", "masking", "padding", "length", "seed", "probe", "count", "layer", "metric", "value"]].sample(
    5, random_state=0
)

# %% [markdown]
# ## What does fill do to a trained LSTM?
#
# The shift of the state that the classifier sees, as a share of its norm, by the number of fill steps; the same
# weights and the same sequences, with and without fill. Bands are seaborn's 95 % bootstrap intervals over seeds,
# brackets Student's.

# %%
from padleak.report.plots import COLOURS, summarise
from padleak.study import on_own_side, where

lstm = where(table, data="docstrings", model="lstm", readout="last", layers=1, bidirectional=False, collides=False)
lstm = lstm[lstm.length == lstm.length.max()]
shift = where(on_own_side(lstm), metric="relative_shift", layer="summary", masking=["none", "embedding", "zero_vector"])
shift = shift[shift["count"].notna()]
for name in ("masking", "padding"):
    shift[name] = shift[name].astype(str)

grid = sns.relplot(
    shift,
    x="count",
    y="value",
    hue="masking",
    style="masking",
    palette=COLOURS,
    col="padding",
    kind="line",
    markers=True,
    height=3.2,
    aspect=1.3,
    errorbar=("ci", 95),
    seed=0,
)
grid.set(xscale="log", xlabel="fill steps", ylabel="shift of the last state,\nshare of its norm")
most = int(shift["count"].max())
ends = summarise(where(shift, count=most, padding="post"), ["masking"]).set_index("masking")
said = {name: f"{row['mean']:.2f} [{row.low:.2f}, {row.high:.2f}]" for name, row in ends.iterrows()}
grid.figure.suptitle(
    f"{most} fill steps at the end move the state by {said['none']} of its norm, with a mask by {said['embedding']} "
    f"(n = {ends.n.max()} seeds, 95 %)",
    y=1.04,
    fontsize=10,
)
plt.show()

# %% [markdown]
# ## And to its accuracy?
#
# Padded as in training. The band above and these numbers vary over seeds, which draw the training rows, the initial
# weights and the order of the data.

# %%
accuracy = where(on_own_side(lstm), metric="accuracy")
accuracy = accuracy[accuracy["count"].isna()]
accuracy.groupby(["masking", "padding"], observed=True).value.agg(["mean", "std", "count"]).round(3)

# %% [markdown]
# ## Further
#
# `results.states(cell)` gives the sampled states of a cell and `results.weights(cell)` its weights, where the cells
# are at hand (a run of your own keeps them, the reference does not).

# %% [markdown]
# # What masking does inside
#
# Layer by layer: zeros go in at fill, what comes out, does it reach the real steps, and does the mask go on? It reads
# the reference results; for your own run set `PADLEAK_RESULTS`, or change the path.

# %%
import os

import matplotlib.pyplot as plt
import seaborn as sns

import padleak
from padleak.report.plots import COLOURS, summarise
from padleak.study import where

results = padleak.load(os.environ.get("PADLEAK_RESULTS", "../results/reference"))
table = where(results.of("mechanism"), on="tensorflow", probe="trained")
table["layer"] = table.layer.astype(str)
shown = ["id", "statement", "verdict", "effect", "low", "high", "unit", "n"]
results.verdicts[results.verdicts.experiment == "mechanism"][shown]

# %% [markdown]
# ## One row a layer
#
# `fill_norm` is the length of what a layer gives at fill, `leak` how far fill moves what it gives at real steps, both
# in lengths of a real step; the side of fill that does more, means over seeds with intervals of 95 %.

# %%
keys = {"sort": False, "observed": True}
chosen = where(table, metric=["fill_norm", "leak"])
worst = chosen.groupby(["metric", "masked", "layer", "seed"], **keys).value.max().reset_index()
means = summarise(worst, ["metric", "masked", "layer"])
means["said"] = [f"{row['mean']:.2f} [{row.low:.2f}, {row.high:.2f}]" for _, row in means.iterrows()]
means.pivot(index="layer", columns=["metric", "masked"], values="said").reindex(worst.layer.unique())

# %%
told = worst.assign(
    told=worst.metric.map({"fill_norm": "what it gives at fill", "leak": "how far fill moves real steps"}),
    mask=worst.masked.map({False: "no mask", True: "masked"}),
)
grid = sns.catplot(
    told, x="value", y="layer", hue="mask", col="told", kind="point", linestyle="none", dodge=0.4, markersize=5,
    height=6, aspect=0.75, palette=["#d55e00", "#0072b2"], errorbar=("ci", 95), seed=0,
)  # fmt: skip
grid.set(xlabel="lengths of a real step", ylabel="").set_titles("{col_name}")
above = means[means["mean"] > 0.01].groupby(["metric", "masked"], observed=True).size()
something, through, despite = (above.get(key, 0) for key in (("fill_norm", False), ("leak", False), ("leak", True)))
grid.figure.suptitle(
    f"Zeros go in: {something} of {worst.layer.nunique()} layers make something of them;\n"
    f"it reaches real steps through {through} without a mask, through {despite} with one "
    f"(n = {worst.seed.nunique()} seeds, 95 %)",
    y=1.06,
    fontsize=10,
)
plt.show()
# %% [markdown]
# ## Block by block
#
# The same question of Transformers: how far fill moves real steps after each block, by where the blocks normalise and
# whose mask it is.

# %%
blocks = where(results.of("attention_masking"), metric="leak", probe="post+32", padding="post", readout="mean")
blocks = where(blocks, model=["transformer", "transformer_post_norm"])
blocks = blocks[blocks.layers == blocks.layers.max()]
blocks = blocks.assign(
    block=blocks.layer.astype(str).str.extract(r"block (\d+)", expand=False).astype(int),
    model=blocks.model.astype(str),
    masking=blocks.masking.astype(str),
    value=blocks.value.clip(lower=1e-8),
)
grid = sns.relplot(
    blocks, x="block", y="value", hue="masking", style="masking", markers=True, col="model", kind="line", height=3,
    palette=COLOURS, errorbar=("ci", 95), seed=0,
)  # fmt: skip
grid.set(yscale="log", ylabel="move of real steps,\nshare of their length")
last = summarise(blocks[(blocks.block == blocks.block.max()) & (blocks.masking == "embedding")], ["model"])
said = "; ".join(f"{row.model} {row['mean']:.2g} [{row.low:.2g}, {row.high:.2g}]" for _, row in last.iterrows())
grid.figure.suptitle(
    f"After the last block on a masked embedding:\n{said} (n = {last.n.max()} seeds, 95 %)", y=1.1, fontsize=10
)
plt.show()
# %% [markdown]
# ## A layer of your own
#
# Put it behind a masked embedding and ask the auditor: what becomes of the mask, and does fill get through?

# %%
import warnings

from padleak.models import backend
from padleak.models.backend import keras

warnings.simplefilter("ignore")  # the audit tells of them
backend.start()  # imports Keras without its noise


class Doubled(keras.layers.Layer):
    def call(self, values):
        return 2 * values


ids = keras.Input((None,), dtype="int32")
x = Doubled()(keras.layers.Embedding(50, 8, mask_zero=True)(ids))
model = keras.Model(ids, keras.layers.LSTM(8)(x))
print(padleak.audit(model))

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
# in lengths of a real step; the side of fill that does more, mean over seeds.

# %%
keys = {"sort": False, "observed": True}
chosen = where(table, metric=["fill_norm", "leak"])
worst = chosen.groupby(["metric", "masked", "layer", "seed"], **keys).value.max().reset_index()
shares = worst.pivot_table(index="layer", columns=["metric", "masked"], values="value", **keys)
shares.round(3)

# %%
figure, axis = plt.subplots(figsize=(6, 6))
sns.heatmap(shares, annot=True, fmt=".2f", cmap="Oranges", cbar=False, ax=axis)
axis.set(xlabel="lengths of a real step, means over seeds", ylabel="")
axis.set_xticklabels([f"{metric}\n{'masked' if masked else 'no mask'}" for metric, masked in shares])
leak, outcome = shares["leak"], shares["fill_norm"]
axis.set_title(
    f"Zeros go in: {(outcome[False] > 0.01).sum()} of {len(shares)} layers make something of them;\n"
    f"it reaches real steps through {(leak[False] > 0.01).sum()} without a mask, through {(leak[True] > 0.01).sum()} with one "
    f"(n = {worst.seed.nunique()} seeds)"
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

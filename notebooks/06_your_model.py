# %% [markdown]
# # Your model
#
# Does padding leak into *your* model, where does it get in, and does the cure work? Here your model is a classifier
# of token ids with two faults that tutorials hand on. Put your own in its place: any Keras 3 model, from
# `keras.saving.load_model` or built. One that does not say what it takes (a subclass) wants a batch beside it:
# `padleak.audit(model, inputs)`.

# %%
import warnings

import matplotlib.pyplot as plt
import pandas as pd

import padleak
from padleak.models import backend
from padleak.models.backend import keras
from padleak.report.plots import COLOURS, STYLE, draw_dots, summarise

warnings.simplefilter("ignore")  # the audit tells of them
plt.rcParams.update(STYLE)
backend.start()  # imports Keras without its noise


keras.utils.set_random_seed(0)


def build(name, masking=False, pooling=True):
    """Embedded words, an LSTM, the mean over the steps."""
    ids = keras.Input((None,), dtype="int32", name="ids")
    x = keras.layers.Embedding(1000, 16, mask_zero=True, name="embedding")(ids)
    if masking:
        x = keras.layers.Masking(0.0, name="masking")(x)
    x = keras.layers.LSTM(16, return_sequences=True, name="lstm")(x)
    x = keras.layers.GlobalAveragePooling1D(name="mean")(x) if pooling else keras.ops.mean(x, axis=1)
    return keras.Model(ids, keras.layers.Dense(2, activation="softmax", name="head")(x), name=name)


model = build("yours", masking=True, pooling=False)

# %% [markdown]
# ## Audit it
#
# The model is shown the same sequences with and without fill, and its mask is followed from layer to layer. A leak of
# 1 moves the output as far as exchanging one word does. What is below the tolerance is rounding.

# %%
report = padleak.audit(model)
print(report)

# %% [markdown]
# The same as a frame: one row a layer, what became of the mask there, and the leak under each condition.

# %%
leaks = [name for name in report.layers if pd.api.types.is_float_dtype(report.layers[name])]
report.layers.set_index("layer")[["mask_in", "mask_out", *leaks[:4]]].round(3)

# %% [markdown]
# ## Mend it
#
# `Masking` goes, since the embedding has its mask already. What leaks because of a cause is told with it; the next audit names
# what is left.

# %%
half = build("half mended", pooling=False)
print(padleak.audit(half))

# %% [markdown]
# The mean takes every step alike. Keras has a layer for it that takes a mask.

# %%
mended = build("mended")
print(padleak.audit(mended))

# %% [markdown]
# ## Before and after, layer by layer
#
# Five audits of each, every one with other sequences and other drawn weights.

# %%
SEEDS = range(5)
rows = []
for name, which in {"yours": model, "half mended": half, "mended": mended}.items():
    for seed in SEEDS:
        found = padleak.audit(which, seed=seed)
        worst = found.layers.set_index("layer")[leaks].max(axis=1)
        for layer, leak in worst.items():
            short = layer.rpartition("/")[2].removesuffix("_1")  # Keras numbers operations of one name
            short = "the whole model" if layer == which.name else short
            rows.append({"model": name, "layer": short, "seed": seed, "value": leak, "tolerance": found.tolerance})
table = pd.DataFrame(rows)
layers = list(dict.fromkeys(table.layer))
LEAST = 1e-8
shown = summarise(table, ["model", "layer"])

figure, axis = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
LOOKS = {
    "yours": (-0.2, COLOURS["none"], "o"),
    "half mended": (0, COLOURS["zero_vector"], "^"),
    "mended": (0.2, COLOURS["embedding"], "s"),
}
for name, (offset, colour, marker) in LOOKS.items():
    dots = shown[shown.model == name]
    dots = dots.assign(**dots[["mean", "low", "high"]].clip(lower=LEAST))
    draw_dots(axis, dots, dots.layer.map(layers.index) + offset, name, colour, marker)
axis.axvline(table.tolerance.max(), color="0.5", linewidth=0.8, label="tolerance: rounding")
axis.set(yticks=range(len(layers)), yticklabels=layers, xscale="log")
axis.set_xlabel(f"leak at the worst of all conditions, in exchanged words (below {LEAST:g}: drawn there)")
axis.invert_yaxis()
ends = {name: shown[(shown.model == name) & (shown.layer == "the whole model")].iloc[0] for name in LOOKS}
before, between, after = (f"{end['mean']:.2g} [{end.low:.2g}, {end.high:.2g}]" for end in ends.values())
axis.set_title(
    f"Fill moved the answer as far as {before} exchanged words do, half mended\n{between}, and moves it as far as {after} now "
    f"(n = {len(SEEDS)} audits, bars 95 %)"
)
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %% [markdown]
# ## Keep it so
#
# One line in your tests says the rest. With pytest it is there as the fixture `assert_padding_invariant`, too.

# %%
from padleak.testing import assert_padding_invariant

assert_padding_invariant(mended)
try:
    assert_padding_invariant(model)
except AssertionError as error:
    print("The first one fails:", str(error).splitlines()[0])

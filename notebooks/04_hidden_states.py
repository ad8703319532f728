# %% [markdown]
# # Hidden states
#
# What does fill do to what an LSTM holds of a text? Can its states be told from those without fill, what is left of
# their geometry, and where do they end? And does it do the same to texts that the study never saw? It reads the
# states and the weights that cells have left, which the reference comes without: run `./run_all.sh` first
# (`./run_all.sh smoke` is enough), or set `PADLEAK_RESULTS`.

# %%
import os

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import padleak
from padleak.measures import compare, similarities, similarity
from padleak.measures.inference import estimate_mean
from padleak.report.plots import COLOURS, STYLE, draw_line, summarise
from padleak.study import on_real_data, where

plt.rcParams.update(STYLE)
MASKINGS = {"none": "no mask", "embedding": "masked"}
results = padleak.load(os.environ.get("PADLEAK_RESULTS", "../results/standard"))
table = where(results.of("hidden_state_distributions"), padding="post", masking=list(MASKINGS))
cells = table.drop_duplicates("cell").sort_values(["masking", "seed"])
states = {(row.masking, row.seed): results.states(row.cell) for row in cells.itertuples()}
counts = sorted(where(table, layout="post")["count"].dropna().unique())
texts, units = states["none", 0]["unpadded"].shape
SEEDS = f"{cells.seed.nunique()} seeds, {texts} texts"


def say(values, digits=2):
    """A mean with its 95 % interval over replicates."""
    found = estimate_mean(np.asarray(values, dtype=float))
    return f"{found.mean:.{digits}f} [{found.low:.{digits}f}, {found.high:.{digits}f}]"


def fill_axis(axis, ticks):
    """Steps of fill, from none on."""
    axis.set_xscale("symlog", base=2, linthresh=1)
    axis.set_xticks(ticks, map(str, ticks))
    axis.minorticks_off()
    axis.set(xlabel="fill steps after the text", xlim=(-0.2, 1.15 * ticks[-1]))


print(
    f"{len(cells)} trained networks ({SEEDS}, {units} units), fill after the text: {', '.join(map(str, counts))} steps"
)

# %% [markdown]
# ## In the plane
#
# The state that the head sees, of the same texts without fill and with the most of it, in the plane of the first two
# principal components of those without. A grey line joins the two states of a text.

# %%
most = counts[-1]
figure, axes = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
for axis, (masking, name) in zip(axes, MASKINGS.items()):
    bare, filled = (states[masking, 0][probe] for probe in ("unpadded", f"post+{most}"))
    centre = bare.mean(axis=0)
    _, spread, directions = np.linalg.svd(bare - centre, full_matrices=False)
    flat, moved = ((part - centre) @ directions[:2].T for part in (bare, filled))
    axis.plot(*np.stack([flat, moved]).transpose(2, 0, 1), color="0.8", linewidth=0.6, zorder=0)
    axis.plot(*flat.T, "o", color=COLOURS["unpadded"], markersize=7, markerfacecolor="none", label="no fill")
    axis.plot(*moved.T, "x", color=COLOURS["none"], markersize=4, label=f"{most} fill steps")
    shares = 100 * spread[:2] ** 2 / (spread**2).sum()
    axis.set(xlabel=f"1st component, state units ({shares[0]:.0f} % of the variance)")
    axis.set(ylabel=f"2nd component, state units ({shares[1]:.0f} %)")
    pairs = [(seen["unpadded"], seen[f"post+{most}"]) for (which, _), seen in states.items() if which == masking]
    shifts = [np.linalg.norm(b - a, axis=1).mean() / np.linalg.norm(a, axis=1).mean() for a, b in pairs]
    axis.set_title(f"{name}: moved by {say(shifts)} of their norm")
axes[0].legend()
figure.suptitle(f"Seed 0, {texts} texts; shifts over {cells.seed.nunique()} seeds, 95 % intervals", fontsize=9)
plt.show()

# %% [markdown]
# ## Can it be told?
#
# Half of the texts with fill against the other half without, as somebody would compare who has padded data alone: the
# energy distance of the two samples of states, and how often a permutation test of it rejects.

# %%
found = []
for (masking, seed), seen in states.items():
    generator = np.random.default_rng(seed)
    clean, other = np.array_split(generator.permutation(texts), 2)
    for count in (0, *counts):
        filled = seen[f"post+{count}" if count else "unpadded"]
        test = compare("energy", seen["unpadded"][clean], filled[other], generator)
        edge = np.quantile(test.null, 0.95)
        found.append(
            {"masking": masking, "seed": seed, "count": count, "value": test.statistic / edge, "p": test.p_value}
        )
tests = pd.DataFrame(found)
shown = summarise(tests, ["masking", "count"])

figure, axis = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
for masking, name in MASKINGS.items():
    draw_line(axis, where(shown, masking=masking), "count", name, COLOURS[masking], "-" if masking == "none" else "--")
axis.axhline(1, color="0.5", linewidth=0.8)
axis.annotate("rejects above, at .05", (0, 1), (2, 4), textcoords="offset points", fontsize=8, color="0.3")
axis.set(yscale="log")
fill_axis(axis, [0, *counts])
axis.set_ylabel("energy distance, times the\n95 % quantile of relabelled texts")
said = (tests.p <= 0.05).groupby([tests.masking, tests["count"]]).agg(["sum", "size"])
said = said["sum"].astype(str) + " of " + said["size"].astype(str)
axis.set_title(
    f"The test tells fill in {said['none', counts[0]]} unmasked networks after {counts[0]} step(s), in {said['none', most]} "
    f"after {most};\nin {said['embedding', most]} masked ones, and in {said['embedding', 0]} without any fill "
    f"({SEEDS}; bands 95 %)"
)
axis.legend()
plt.show()

# %% [markdown]
# ## What is left of the geometry?
#
# Similarities of the same texts' states without fill and with it. None of them sees that a whole cloud is shifted,
# turned or blown up. That is why they fall later than the states move.

# %%
alike = pd.DataFrame(
    {"which": which, "masking": masking, "seed": seed, "count": count,
     "value": similarity(which, seen["unpadded"], seen[f"post+{count}"])}
    for (masking, seed), seen in states.items() for count in counts for which in similarities
)  # fmt: skip
shown = summarise(alike, ["masking", "which", "count"])
figure, axis = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
colours = [mpl.color_sequences["okabe_ito"][place] for place in (5, 1, 3, 7, 2)]
for which, colour, style in zip(similarities, colours, ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))):
    line = where(shown, masking="none", which=which).sort_values("count")
    axis.errorbar(
        line["count"], line["mean"], [line["mean"] - line.low, line.high - line["mean"]], color=colour, linestyle=style,
        marker="o", markersize=4, capsize=3, label=which.replace("_", " "),
    )  # fmt: skip
axis.set(
    xscale="log", xlabel="fill steps after the text", ylabel="similarity to the states without fill\n(1 is all of it)"
)
axis.set_xticks(counts, map(str, counts))
axis.minorticks_off()
end = where(alike, masking="none", count=most).groupby("which").value
low, high = end.mean().idxmin(), end.mean().idxmax()
axis.set_title(
    f"After {most} fill steps {low.replace('_', ' ')} is {say(end.get_group(low))}, {high.replace('_', ' ')} "
    f"{say(end.get_group(high))};\nmasked, the least of all is {where(alike, masking='embedding').value.min():.2f} "
    f"({SEEDS}; bars 95 %)"
)
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %% [markdown]
# ## Load a network, and show it something else
#
# `rebuild` makes the network of a cell anew and gives it the weights that the cell has left: `program.model` is a
# plain Keras model, `program.read` gives its states and predictions. Here it reads texts of the test pool that the
# study never looked at, the same texts with their words shuffled, and words drawn at random; with up to 128 fill
# steps.

# %%
from padleak.data import pad, word_orders
from padleak.study.trials.rebuild import rebuild

core = where(
    on_real_data(results.of("core_grid")), model="lstm", masking=list(MASKINGS), padding="post", readout="last"
)
core = where(core, layers=1, bidirectional=False, collides=False)
core = core[core.length == core.length.max()].drop_duplicates("cell").sort_values("seed")
networks = {(row.masking, row.seed): rebuild(results, row.cell) for row in core.itertuples()}

cell, _, data = networks["none", 0]
pool = data.test.take(np.arange(cell.test, len(data.test)))
same = max(pool.by_length().values(), key=len)[:300]  # of one length, so that they need no fill
unseen = pool.take(same)
generator = np.random.default_rng(0)
shown_to = {"unseen texts": unseen} | {
    name: word_orders[order](unseen, generator)
    for name, order in (("shuffled", "shuffled_1"), ("random words", "corpus"))
}
print(f"{len(networks)} networks; {len(unseen)} of {len(pool)} unseen texts, {unseen.lengths[0]} words each")

# %%
grid = (0, 1, 2, 4, 8, 16, 32, 64, 128)
found = []
for (masking, seed), (_, program, _) in networks.items():
    for what, sequences in shown_to.items():
        reads = [pad(sequences, int(sequences.lengths[0]) + count, "post") for count in grid]
        reads = [program.read(padded.inputs, padded.mask) for padded in reads]
        norm = np.linalg.norm(reads[0].summary, axis=1).mean()
        for count, read in zip(grid, reads):
            shift = np.linalg.norm(read.summary - reads[0].summary, axis=1).mean() / norm
            right = (read.prediction.argmax(axis=1) == sequences.labels).mean()
            found.append(
                {"masking": masking, "seed": seed, "what": what, "count": count, "shift": shift, "right": right}
            )
probed = pd.DataFrame(found)

figure, axes = plt.subplots(1, 2, figsize=(10.5, 3.8), layout="constrained")
for axis, number in zip(axes, ("shift", "right")):
    shown = summarise(probed.rename(columns={number: "value"}), ["masking", "what", "count"])
    for masking, name in MASKINGS.items():
        for what, style in zip(shown_to, ("-", "--", ":")):
            line = where(shown, masking=masking, what=what)
            draw_line(axis, line, "count", f"{what}, {name}", COLOURS[masking], style)
    fill_axis(axis, grid)
axes[0].set_ylabel("shift of the state, share of its norm")
axes[1].set_ylabel("share classified correctly")
end = probed[probed["count"] == grid[-1]].set_index(["masking", "what"])
moved = {what: say(end["shift"]["none", what]) for what in shown_to}
axes[0].set_title("Unmasked, moved by " + ",\n".join(f"{shift} ({what})" for what, shift in moved.items()))
begin = where(probed, count=0, masking="none", what="unseen texts").right
axes[1].set_title(
    f"Unseen texts, unmasked: {say(begin)} without fill,\n{say(end.right['none', 'unseen texts'])} after {grid[-1]} steps; "
    f"masked\n{say(end.right['embedding', 'unseen texts'])}"
)
axes[1].legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)
figure.suptitle(
    f"{core.seed.nunique()} seeds, {len(unseen)} texts; bands and brackets are 95 % intervals over seeds", fontsize=9
)
plt.show()

# %% [markdown]
# ## Where does it end?
#
# Under fill a trained LSTM is a map of its state to itself. Its attractors say what is held for ever, the slowest
# mode there how fast the rest is forgotten: the half-life of the distance of two texts is foretold from the Jacobian
# alone.

# %%
from padleak.measures.dynamics import measured_half_life, predicted_half_life
from padleak.study.trials.dynamics import COUNTS, Fall

few = unseen.take(np.arange(min(96, len(unseen))))
falls = [
    Fall.of(network.program, few, network.cell.length)
    for (masking, _), network in networks.items()
    if masking == "none"
]
lives = pd.DataFrame(
    {"attractors": fall.census.settled, "states that never settle": fall.census.unsettled_share,
     "slowest mode": fall.census.largest.rates[0],
     "half-life foretold": predicted_half_life(fall.census.largest.rates[0], np.nan_to_num(fall.latched_share)),
     "half-life measured": measured_half_life(np.array(COUNTS), fall.separations)}
    for fall in falls
).rename_axis("seed")  # fmt: skip
lives.round(3)

# %%
path = falls[0].portrait()
way, ends = path["trajectory"], path["attractors"]
centre = way.reshape(-1, units).mean(axis=0)
_, _, directions = np.linalg.svd(way.reshape(-1, units) - centre, full_matrices=False)
flat, flat_ends = ((part - centre) @ directions[:2].T for part in (way, ends))

figure, axes = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
axes[0].plot(*flat.transpose(2, 0, 1), color="0.7", linewidth=0.7)
axes[0].plot(*flat[0].T, "o", color=COLOURS["unpadded"], markersize=4, markerfacecolor="none", label="after the text")
axes[0].plot(*flat[-1].T, "x", color=COLOURS["none"], markersize=5, label=f"after {len(way) - 1} fill steps")
settled = path["is_settled"]
axes[0].plot(*flat_ends[settled].T, "*", color="black", markersize=11, markerfacecolor="none", label="attractor")
axes[0].set(xlabel="1st component of the ways, state units", ylabel="2nd component, state units")
axes[0].set_title(f"Seed 0: {way.shape[1]} texts end in {lives.attractors[0]} attractor(s)")
axes[0].legend(fontsize=8)
left = pd.DataFrame(
    {"seed": seed, "count": count, "value": value}
    for seed, fall in enumerate(falls) for count, value in zip(COUNTS, fall.separations) if count <= 128
)  # fmt: skip
draw_line(axes[1], summarise(left, ["count"]).clip(lower=1e-4), "count", "measured", COLOURS["none"])
axes[1].axhline(0.5, color="0.5", linewidth=0.8)
axes[1].set(yscale="log", ylim=(0.8e-4, 1.5))
fill_axis(axes[1], grid)
axes[1].set_ylabel("distance of two texts, share of\nthat without fill (cut at 0.0001)")
finite = lives.replace(np.inf, COUNTS[-1])
axes[1].set_title(
    f"Half is forgotten after {say(finite['half-life measured'], 1)} fill steps,\nforetold from the Jacobian: "
    f"{say(finite['half-life foretold'], 1)} (n = {len(lives)} seeds, 95 %)"
)
plt.show()

# %% [markdown]
# # Your experiment
#
# A question of your own is one file: which networks are trained (the design), what is measured of them (the effect),
# and what you claim of it, written down before anything runs. Here: does reading both ways keep an LSTM from losing
# the text under fill? Without a mask, the half that reads backwards meets the fill at the end first, and the text
# last.

# %%
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

import padleak
from padleak.measures.inference import estimate_mean
from padleak.report.plots import COLOURS, STYLE
from padleak.study import per_seed

plt.rcParams.update(STYLE)
folder = tempfile.TemporaryDirectory()
experiments, runs = Path(folder.name, "experiments"), Path(folder.name, "results")
experiments.mkdir()

# %% [markdown]
# ## Write it
#
# The file is called like the experiment. A claim has parts, each a number by seed and where it must lie; `margin`
# says what is too little to matter.

# %%
FILE = '''
"""Does reading both ways keep an LSTM from losing the text under fill?"""

from padleak.study import Above, Claim, Experiment, factorial, per_seed
from padleak.study.trials.sequence import Probe, SequenceCell


def design(profile):
    """Unmasked LSTMs that read one way or both, trained with fill at the end."""
    return factorial(
        SequenceCell, data=profile.sources("docstrings"), masking="none", padding="post", length=24,
        bidirectional=[False, True], probes=(Probe("post", 16),), **profile.settings | {"rows": 768, "epochs": 4},
    )


def shift(table, both_ways):
    """How far 16 fill steps move what the classifier sees, by seed."""
    return per_seed(table, "relative_shift", "summary", probe="post+16", bidirectional=both_ways)


def saved(table):
    """The shift of networks that read one way less that of those that read both."""
    return shift(table, False) - shift(table, True)


EXPERIMENT = Experiment(
    name="both_ways",
    question="Does reading both ways keep an LSTM from losing the text under fill?",
    design=design,
    claims=(
        Claim(
            "N1", "Fill at the end moves an LSTM that reads both ways less than one that reads one way", "this notebook",
            (Above("shift by 16 fill steps, one way less both ways", saved, "share of its norm", 0, margin=0.05),),
            "",
        ),
    ),
    figures=(),
)
'''
experiments.joinpath("both_ways.py").write_text(FILE)
print(FILE)

# %% [markdown]
# ## Run it
#
# `PADLEAK_EXPERIMENTS` names the folder. In a checkout you would put the file into `experiments/`, and `padleak run
# both_ways` finds it. `--workers 0` starts no processes beside this one: enough for ten small networks.

# %%
command = [sys.executable, "-m", "padleak", "run", "both_ways", "--profile", "smoke", "--seeds", "5", "--workers", "0"]
environment = {"PADLEAK_EXPERIMENTS": str(experiments), "FORCE_COLOR": ""}  # Jupyter asks for colours
done = subprocess.run(
    [*command, "--results", str(runs)], env=os.environ | environment, text=True, capture_output=True, check=False
)
print(done.stdout.partition("Report:")[0] if done.returncode == 0 else done.stderr)

# %% [markdown]
# ## Read the verdict
#
# Student's t over seeds in either direction, adjusted by Holm's method for as many claims as there are (one).
# `detectable` is the distance from the bound that as many seeds would see with a power of 80 %.

# %%
results = padleak.load(runs)
verdict = results.verdicts.iloc[0]
verdict[["id", "statement", "rule", "verdict", "effect", "low", "high", "unit", "n", "p_holm"]]

# %%
part = verdict.parts[0]
print(f"{part['what']}: {part['rule']}. {part['n']} seeds would see a distance of {part['detectable']:.2f}.")

# %% [markdown]
# ## Look at it
#
# The measurements are a frame like any other's, so that a figure of the same effect takes a few lines.

# %%
table = results.of("both_ways")
ways = {"one way": False, "both ways": True}
shifts = {
    name: per_seed(table, "relative_shift", "summary", probe="post+16", bidirectional=both)
    for name, both in ways.items()
}
accuracies = {
    name: per_seed(table, "accuracy", probe="post", reference="unpadded", bidirectional=both)
    for name, both in ways.items()
}
figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
for axis, seen in zip(axes, (shifts, accuracies)):
    for seed in seen["one way"].index:
        axis.plot([0, 1], [seen[name][seed] for name in ways], "-", color="0.7", linewidth=0.8, zorder=0)
    for place, values in enumerate(seen.values()):
        found = estimate_mean(values)
        axis.plot([place] * len(values), values, "o", color=COLOURS["none"], markersize=4, markerfacecolor="none")
        spread = [[found.mean - found.low], [found.high - found.mean]]
        axis.errorbar(place + 0.08, found.mean, spread, fmt="s", color="black", capsize=4)
    axis.set(xticks=range(len(ways)), xticklabels=ways, xlim=(-0.4, 1.4))
axes[0].set_ylabel("shift of the state by 16 fill steps,\nshare of its norm")
axes[1].set_ylabel("accuracy under training's own fill")
axes[0].set_title(
    f"{verdict.verdict}: {verdict.effect:.2f} [{verdict.low:.2f}, {verdict.high:.2f}] less shift both ways"
)
gained = estimate_mean(100 * (accuracies["both ways"] - accuracies["one way"]))
axes[1].set_title(f"and {gained.mean:+.0f} [{gained.low:+.0f}, {gained.high:+.0f}] points of accuracy")
figure.suptitle(f"Circles and lines are the {verdict.n} seeds, squares their means with 95 % intervals", fontsize=9)
plt.show()
folder.cleanup()

# %% [markdown]
# ## Further
#
# A figure for the report is a decorated function in `report/plots/`; the claim and the experiment name it. A padding,
# a masking, a model or a measure of your own is one decorated function, too: `ARCHITECTURE.md` says where.

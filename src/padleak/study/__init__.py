"""What is run: cells, designs, claims, and the results on disk."""

from padleak.study.claims import OURS, THREAD, Above, AtMost, Below, Claim, Within
from padleak.study.experiment import Experiment
from padleak.study.grid import Design, Profile, factorial
from padleak.study.results import Results, load
from padleak.study.select import at_best_layer, least_loss, on_own_side, on_real_data, per_seed, where, with_fresh_seeds

__all__ = [
    "OURS", "THREAD", "Above", "AtMost", "Below", "Claim", "Design", "Experiment", "Profile", "Results", "Within",
    "at_best_layer", "factorial",
    "least_loss", "load", "on_own_side", "on_real_data", "per_seed", "where", "with_fresh_seeds",
]  # fmt: skip

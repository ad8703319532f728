"""What does padding cost in time, does a mask spare it, and what should one do instead?"""

import numpy as np
import pandas as pd

from padleak.study import Above, Claim, Design, Experiment, Profile, Within, factorial, on_own_side, per_seed, where
from padleak.study.trials.cost import CostCell
from padleak.study.trials.epoch import EpochCell, Strategy
from padleak.study.trials.sequence import SequenceCell

READOUTS = {"lstm": "last", "gru": "last", "conv1d": "max", "transformer": "mean"}
BACKENDS = ("tensorflow", "jax")
KEPT = 16


def strategies(length: int) -> tuple[Strategy, ...]:
    """What one can do about fill; `length` holds nearly every row whole."""
    return (
        Strategy("unmasked", "none", "rectangle", length),
        Strategy("masked", "embedding", "rectangle", length),
        Strategy("masked, batch maximum", "embedding", "batch_maximum", length),
        Strategy("masked, bucketed", "embedding", "bucketed", length),
        Strategy("packed", "embedding", "packed", length),
        Strategy(f"masked, cut to {KEPT}", "embedding", "rectangle", KEPT),
    )


def long(profile: Profile) -> int:
    """Steps of a row that holds nearly every sequence whole."""
    return profile.pick(smoke=24, standard=96, paper=160)


def design(profile: Profile) -> Design:
    """Clocks on rows of one real length and on real text; accuracy and leakage of the same strategies, pre-padded."""
    seeds = {"seed": list(range(profile.seeds))}
    clocks = [
        factorial(
            CostCell,
            model=model,
            readout=readout,
            lengths=profile.pick(smoke=(32, 64, 128), standard=(32, 64, 128), paper=(32, 64, 128, 256, 512)),
            repeats=profile.pick(smoke=1, standard=5, paper=15),
            backend=list(BACKENDS),
            **seeds,
        )
        for model, readout in profile.pick(smoke={"lstm": "last"}, standard=READOUTS, paper=READOUTS).items()
    ]
    epochs = factorial(
        EpochCell,
        data=profile.sources("docstrings"),
        rows=profile.pick(smoke=128, standard=768, paper=3000),
        strategies=strategies(long(profile)),
        backend=list(profile.pick(smoke=BACKENDS[:1], standard=BACKENDS, paper=BACKENDS)),
        **seeds,
    )
    # As in `pre_against_post`, whose cells are a part of these.
    common = profile.settings | {
        "data": profile.sources("docstrings"),
        "padding": "pre",
        "probes": (),
        "test": profile.pick(smoke=256, standard=3000, paper=3700),
    }
    outcomes = [
        factorial(SequenceCell, masking=strategy.masking, batching=strategy.batching, length=strategy.length, **common)
        for strategy in strategies(long(profile))
    ]
    return sum([*clocks, epochs, *outcomes], Design())


def clock(table: pd.DataFrame, backend: str, phase: str, arm: str, count: int, model: str = "lstm") -> pd.Series:
    """Milliseconds a sequence, by seed."""
    rows = where(table, kind="cost", backend=backend, model=model, layout=arm, count=count)
    return per_seed(rows, "milliseconds_per_sequence", phase)


def bend(backend: str, phase: str):
    """How far the middle point lies above the straight line through the outer ones, as a share of the line."""

    def effect(table: pd.DataFrame) -> pd.Series:
        few, some, many = (clock(table, backend, phase, "unmasked", count) for count in (0, 32, 96))
        return some / (few + (many - few) / 3) - 1

    return effect


def ratio(backend: str, phase: str, above: tuple[str, int], below: tuple[str, int]):
    """Time of one arm at one count of fill, divided by that of another."""
    return lambda table: clock(table, backend, phase, *above) / clock(table, backend, phase, *below)


def saved_by_cutting(table: pd.DataFrame) -> pd.Series:
    """Share of an epoch's time that cutting rows spares, TensorFlow."""
    rows = where(table, kind="epoch", backend="tensorflow")
    cut, whole = (
        per_seed(rows, "milliseconds_per_sequence", "training", probe=name)
        for name in (f"masked, cut to {KEPT}", "masked")
    )
    return 1 - cut / whole


def lost_by_cutting(table: pd.DataFrame) -> pd.Series:
    """Accuracy of the masked LSTM on rows cut short, minus on whole ones."""
    rows = on_own_side(where(table, kind="sequence", masking="embedding", batching="rectangle"))
    longest = rows.length.max() if len(rows) else np.nan
    cut, whole = (per_seed(where(rows, length=length), "accuracy", reference="unpadded") for length in (KEPT, longest))
    return cut - whole


EXPERIMENT = Experiment(
    name="padding_cost",
    question="What does padding cost in time, does a mask spare it, and what should one do instead?",
    design=design,
    figures=("cost_of_fill", "memory_of_fill", "arithmetic_of_fill", "what_should_i_use"),
    claims=(
        Claim(
            "L5", "The cost of padding grows linearly", "LSTM article (2025)",
            (
                *(
                    Above(
                        f"LSTM, {phase} on {backend}: 96 fill steps after 32 real ones against none",
                        ratio(backend, phase, ("unmasked", 96), ("unmasked", 0)), "times", 1.5,
                    )
                    for backend in BACKENDS for phase in ("training", "inference")
                ),
                *(
                    Within(
                        f"LSTM, {phase} on {backend}: 32 fill steps against the straight line", bend(backend, phase),
                        "share of the line", 0.2,
                    )
                    for backend in BACKENDS for phase in ("training", "inference")
                ),
            ),
            "cost_of_fill",
        ),
        Claim(
            "L6", "Masking does not remove the computational cost", "LSTM article (2025)",
            (
                *(
                    Above(
                        f"LSTM, training on {backend}: masked against unmasked, 96 fill steps",
                        ratio(backend, "training", ("masked", 96), ("unmasked", 96)), "times", 0.9,
                    )
                    for backend in BACKENDS
                ),
                *(
                    Above(
                        f"LSTM, training on {backend}: masked with 96 fill steps against really shorter",
                        ratio(backend, "training", ("masked", 96), ("masked", 0)), "times", 1.5,
                    )
                    for backend in BACKENDS
                ),
            ),
            "cost_of_fill",
        ),
        Claim(
            "L7", "Truncation speeds training up without compromising accuracy", "LSTM article (2025)",
            (
                Above(f"time of an epoch saved by cutting to {KEPT} steps", saved_by_cutting, "share", 0.2),
                Above(f"accuracy cut to {KEPT} steps minus whole", lost_by_cutting, "accuracy", -0.01),
            ),
            "what_should_i_use",
        ),
    ),
)  # fmt: skip

"""Figures of what fill costs, and of what to do instead."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from padleak.measures.inference import estimate_mean
from padleak.report.plots import COLOURS, Drawn, add_legend, draw_line, figures, new_figure, say_n, summarise
from padleak.report.words import say_percent
from padleak.study.results import Results
from padleak.study.select import where

_ARMS = {"unmasked": COLOURS["none"], "masked": COLOURS["embedding"]}
_LINES = {"tensorflow": "-", "jax": "--"}
_PHASES = ("training", "inference")
_CLOCK = "milliseconds_per_sequence"


@figures.add
def cost_of_fill(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Time by steps of fill: four networks, training and inference."""
    rows = where(table, kind="cost", metric=_CLOCK)
    if rows.empty:
        return None
    shown = summarise(rows, ["model", "layer", "layout", "backend", "count"])
    models = list(rows.model.unique())
    figure, axes = new_figure(len(models), 2, width=11, height=5.2, sharex=True)
    for row, phase in zip(axes, _PHASES):
        for panel, model in zip(row, models):
            _draw_arms(panel, where(shown, model=model, layer=phase))
            panel.set(title=f"{model}, {phase}", ylim=(0, None))
        row[0].set_ylabel("milliseconds a sequence")
    for panel in axes[-1]:
        panel.set_xlabel("fill steps after 32 real ones")
    add_legend(axes)
    most = shown["count"].max()
    by_backend = [
        _say_lstm(where(rows, model="lstm", layer="training", backend=b), most) for b in rows.backend.unique()
    ]
    return Drawn(
        figure,
        f"Training an LSTM with {most} fill steps takes longer, mask or no mask: " + "; ".join(by_backend),
        "Time of a sequence in batches of 64, one thread, machine code by XLA in training; rows without fill are the really "
        f"shorter ones; inference is a look that gives all states. {say_n(shown)}; bands are 95 % Student intervals over them, "
        "each the median of rounds in which all arms take turns. "
        f"Fitted slopes of the unmasked LSTM in training: {_say_slopes(rows)}.",
    )


@figures.add
def memory_of_fill(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Working memory by steps of fill: four networks, training and inference."""
    rows = where(table, kind="cost", metric="mebibytes_per_step")
    if rows.empty:
        return None
    models = list(rows.model.unique())
    figure, axes = new_figure(len(models), width=11, height=3.2, sharex=True)
    for panel, model in zip(axes[0], models):
        for (arm, phase), line in where(rows, model=model).groupby(["layout", "layer"], observed=True):
            by_count = line.groupby("count").value.mean()
            style = "-" if phase == "training" else "--"
            panel.plot(by_count.index, by_count, style, marker="o", color=_ARMS[arm], label=f"{arm}, {phase}")
        panel.set(title=model, xlabel="fill steps after 32 real ones", ylim=(0, None))
    axes[0, 0].set_ylabel("working memory of a batch, MiB")
    add_legend(axes)
    lstm = where(rows, model="lstm", layer="training").groupby(["layout", "count"], observed=True).value.mean()
    most = rows["count"].max()
    longer = {arm: lstm[arm, most] / lstm[arm, 0] for arm in _ARMS}
    return Drawn(
        figure,
        f"{most} fill steps raise the memory that training an LSTM takes {longer['unmasked']:.1f} times without a mask and "
        f"{longer['masked']:.1f} times with one",
        "What the compiler of JAX sets aside for a step of training, or for a look, at 64 rows, beside weights, inputs "
        "and outputs (looks: at a block of 72 rows). Counted, not sampled: all seeds give the same. A sequence takes a 64th. "
        "Where one line is seen for two, they are the same. TensorFlow does not tell it.",
    )


@figures.add
def arithmetic_of_fill(table: pd.DataFrame, results: Results) -> Drawn | None:
    """The arithmetic that the machine gets done in training, by steps of fill."""
    rows = where(table, kind="cost", layer="training")
    if rows.empty:
        return None
    keys = ["cell", "seed", "model", "layout", "backend", "count"]
    wide = rows.pivot_table(index=keys, columns="metric", values="value", observed=True).reset_index()
    shown = summarise(wide.assign(value=wide.megaflops_per_sequence / wide[_CLOCK]), keys[2:])
    models = list(rows.model.unique())
    figure, axes = new_figure(len(models), width=11, height=3.2, sharex=True)
    for panel, model in zip(axes[0], models):
        _draw_arms(panel, where(shown, model=model))
        panel.set(title=model, xlabel="fill steps after 32 real ones", ylim=(0, None))
    axes[0, 0].set_ylabel("matrix products done in training,\nGFLOP/s")
    add_legend(axes)
    low, high = shown["mean"].min(), shown["mean"].max()
    return Drawn(
        figure,
        f"One thread gets {low:.0f} to {high:.0f} GFLOP/s of matrix products done in training",
        "Analytic operations of the encoder's matrix products (training counted as three forward passes) over measured time. "
        f"{say_n(shown)}; bands are 95 % Student intervals over them.",
    )


@figures.add
def what_should_i_use(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Accuracy, leakage and time of every strategy."""
    times = where(table, kind="epoch", metric=_CLOCK, backend="tensorflow")
    outcomes = where(table, kind="sequence", reference="unpadded")
    if times.empty or outcomes.empty:
        return None
    outcomes = outcomes.assign(strategy=name_strategies(outcomes))
    time, accuracy, leakage = (
        summarise(rows, [name]).set_index(name)
        for rows, name in (
            (times, "probe"),
            (where(outcomes, metric="accuracy", layer="prediction"), "strategy"),
            (where(outcomes, metric="relative_shift", layer="summary"), "strategy"),
        )
    )
    figure, axes = new_figure(2, width=11, height=3.6, sharey=True)
    names = list(time.sort_values("mean").index)
    for panel, other, label in (
        (axes[0, 0], time, "milliseconds a sequence in training"),
        (axes[0, 1], leakage, "leakage: shift of the last state when filled up,\nshare of its norm"),
    ):
        for name, marker in zip(names, "os^DvP"):
            x, y = other.loc[name], accuracy.loc[name]
            panel.errorbar(
                x["mean"], y["mean"], label=name, fmt=marker, markersize=7, capsize=3,
                xerr=[[x["mean"] - x.low], [x.high - x["mean"]]], yerr=[[y["mean"] - y.low], [y.high - y["mean"]]],
                color=_ARMS["unmasked" if name == "unmasked" else "masked"], alpha=0.85,
            )  # fmt: skip
        panel.set_xlabel(label)
    axes[0, 0].set_ylabel("test accuracy")
    add_legend(axes)
    clean = [name for name in names if leakage.loc[name, "mean"] < 1e-6]
    fastest = min(clean or names, key=lambda name: time.loc[name, "mean"])
    share = time.loc[fastest, "mean"] / time.loc["masked", "mean"]
    return Drawn(
        figure,
        f"{'Of what does not leak,' if clean else 'All leak;'} “{fastest}” is the fastest ({say_percent(share)} of the time of "
        f"“masked”, accuracy {accuracy.loc[fastest, 'mean']:.3f} against {accuracy.loc['masked', 'mean']:.3f})",
        "LSTM on text, fill in front; packed rows hold several texts, and one begins in the state that the one before it left. "
        "Time on TensorFlow, one thread, batches of 64, a compiled call a step, compilation not counted. "
        f" {say_n(accuracy)}; bars are 95 % Student intervals over them.",
    )


def _say_lstm(rows: pd.DataFrame, most: int) -> str:
    """How many times as long the longest rows take as the really shorter ones, with and without a mask."""
    times = rows[rows.metric == _CLOCK].groupby(["backend", "layout", "count"], observed=True).value.mean()
    ((backend, _, _), *_) = times.index
    longer = {arm: times[backend, arm, most] / times[backend, arm, 0] for arm in _ARMS}
    return f"{longer['unmasked']:.1f} times as long without and {longer['masked']:.1f} with one on {backend}"


def _say_slopes(rows: pd.DataFrame) -> str:
    """Microseconds that a fill step adds to a sequence, least squares within each seed, by backend."""
    said = []
    for backend, chosen in where(rows, model="lstm", layer="training", layout="unmasked").groupby(
        "backend", observed=True
    ):
        slopes = [
            np.polyfit(seed["count"].astype(float), 1000 * seed.value, 1)[0] for _, seed in chosen.groupby("seed")
        ]
        slope = estimate_mean(np.array(slopes))
        said.append(f"{slope.mean:.1f} [{slope.low:.1f}, {slope.high:.1f}] µs a sequence and fill step on {backend}")
    return ", ".join(said)


def _draw_arms(panel: Axes, rows: pd.DataFrame) -> None:
    for (arm, backend), line in rows.groupby(["layout", "backend"], observed=True):
        draw_line(panel, line, "count", f"{arm}, {backend}", _ARMS[arm], _LINES[backend])


def name_strategies(rows: pd.DataFrame) -> np.ndarray:
    """What the strategies of the clock are called, from the settings of the networks trained in their way."""
    cut = rows.length < rows.length.max()
    masked = rows.masking.astype(str) == "embedding"
    batching = rows.batching.astype(str)
    names = np.where(masked, "masked", rows.masking.astype(str).replace("none", "unmasked"))
    names = np.where(batching == "batch_maximum", "masked, batch maximum", names)
    names = np.where(batching == "bucketed", "masked, bucketed", names)
    names = np.where(batching == "packed", "packed", names)
    return np.where(cut, "masked, cut to " + rows.length.astype(int).astype(str), names)

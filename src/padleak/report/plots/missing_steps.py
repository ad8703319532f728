"""Figures of values missing within sequences."""

import matplotlib as mpl
import pandas as pd

from padleak.report.plots import Drawn, add_legend, draw_line, figures, new_figure, say_n, summarise
from padleak.report.words import say_percent, short_source
from padleak.study.results import Results
from padleak.study.select import on_own_side, where

_OKABE_ITO = mpl.color_sequences["okabe_ito"]
_ARMS = {
    ("explicit", "since"): ("last values, flags and time since", _OKABE_ITO[2], "-"),
    ("explicit", "flag"): ("zeros and flags", _OKABE_ITO[5], "-"),
    ("explicit", "timed"): ("zeros, flags and time since", _OKABE_ITO[7], "-"),
    ("explicit", "last"): ("last values", _OKABE_ITO[3], "-"),
    ("explicit", "zero"): ("zeros", _OKABE_ITO[6], "-"),
    ("masking_layer", "zero"): ("skipped by Masking(0)", _OKABE_ITO[1], "--"),
}
_PATTERNS = {"scattered": "values missing here and there", "block": "one hole in the middle"}


@figures.add
def accuracy_by_gaps(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Accuracy by the share that is missing, a panel a pattern."""
    rows = where(on_own_side(table), metric="accuracy", layer="prediction", reference="unpadded")
    rows = rows[rows["count"].isna()]
    gapped = rows[rows.gaps > 0]
    if gapped.empty:
        return None
    whole = rows[rows.gaps == 0]
    figure, axes = new_figure(columns=2, width=10, height=3.8, sharey=True)
    for panel, (pattern, says) in zip(axes[0], _PATTERNS.items()):
        for (masking, telling), (label, colour, style) in _ARMS.items():
            seen = where(gapped, gap_pattern=pattern, masking=masking, gap_telling=telling)
            draw_line(panel, summarise(pd.concat([whole, seen]), ["gaps"]), "gaps", label, colour, style)
        panel.set(title=says, xlabel="share of values missing")
    axes[0, 0].set_ylabel("test accuracy")
    add_legend(axes)
    means = {
        arm: where(gapped, masking=masking, gap_telling=telling).value.mean()
        for arm, (masking, telling) in zip(("since", "flag", "timed", "last", "zero", "skipped"), _ARMS)
    }
    sources = ", ".join(short_source(source) for source in gapped.data.unique())
    return Drawn(
        figure,
        f"An LSTM that skips what is missing reads {say_percent(means['skipped'])} of gapped sequences correctly, "
        "one that sees "
        f"zeros {say_percent(means['zero'])}, with flags {say_percent(means['flag'])}, with last values, flags and "
        "time "
        f"{say_percent(means['since'])}",
        f"Data: {sources}; LSTM, padded in front, the padding masked. The title's shares are means over both panels. "
        f"{say_n(summarise(gapped, ['gaps']))}; bands are 95 % Student intervals over seeds. "
        "At 0 nothing is missing, and all are one network.",
    )

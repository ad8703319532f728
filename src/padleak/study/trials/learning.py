"""Training a language model within a cell: tested on the way, and taken up where an interrupted run left it."""

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from padleak.models.divergence import insist_finite
from padleak.models.engines.engine import Lesson
from padleak.models.objectives import Texts
from padleak.models.pretraining import STEPS_AT_ONCE, Course, Pretrainer
from padleak.study.unfinished import Checkpoint

_LOOKS = 10
"""How often in training the test texts are scored, and the work is left for a later run to take up."""


class Learned(NamedTuple):
    """How training went.

    Attributes:
        curve: Steps taken, loss and accuracy on test texts, from before the first step to after the last.
        seconds: Spent on training alone, in this run and those before.
    """

    curve: list[tuple[int, float, float]]
    seconds: float

    def rows(self) -> Iterator[dict[str, Any]]:
        """The curve as measurements; its end as those of the finished model."""
        for step, *score in self.curve:
            for metric, value in zip(("loss", "accuracy"), score):
                yield {"probe": "learning", "count": int(step), "layer": "model", "metric": metric, "value": value}
        for metric, value in zip(("loss", "accuracy"), self.curve[-1][1:]):
            yield {"probe": "test", "layer": "model", "metric": metric, "value": value}


def learn(
    pretrainer: Pretrainer,
    texts: Texts,
    course: Course,
    tests: list[Lesson],
    checkpoint: Checkpoint,
    told: Callable[[int], None],
) -> Learned:
    """Train, from where an interrupted run left off; the pretrainer then holds the result.

    Args:
        pretrainer: Set to its first weights.
        texts: To learn from.
        course: How.
        tests: What it is scored on.
        checkpoint: Where the work is left on the way.
        told: Of the steps taken, again and again.
    """
    every = max(STEPS_AT_ONCE, course.steps // _LOOKS)
    with checkpoint.lock():
        done, curve, seconds = _take_up(pretrainer, checkpoint)
        start = time.perf_counter()
        for step in itertools.chain([] if curve else [0], pretrainer.train(texts, course, done)):
            told(step)
            if step % every < STEPS_AT_ONCE or step == course.steps:
                seconds += time.perf_counter() - start
                curve.append((step, *pretrainer.score(tests)))
                insist_finite(curve[-1][1], f"after {step} steps")
                checkpoint.save(_pack(pretrainer.keep(), step, curve, seconds))
                start = time.perf_counter()
    return Learned(curve, seconds)


def _take_up(pretrainer: Pretrainer, checkpoint: Checkpoint) -> tuple[int, list[tuple], float]:
    """Steps taken, curve and seconds of an earlier run."""
    left = checkpoint.load() or {}
    kept = [left[name] for name in sorted(left) if name.startswith("variable")]
    if not pretrainer.fits(kept):  # nothing was left, or by other code
        return 0, [], 0.0
    pretrainer.restore(kept)
    return int(left["step"]), [tuple(row) for row in left["curve"].tolist()], float(left["seconds"])


def _pack(kept: list[np.ndarray], step: int, curve: list[tuple], seconds: float) -> dict[str, np.ndarray]:
    variables = {f"variable_{place:03}": value for place, value in enumerate(kept)}
    return variables | {"step": np.array(step), "curve": np.array(curve), "seconds": np.array(seconds)}

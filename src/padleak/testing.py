"""For the tests of your own models."""

from typing import Any

from padleak.audit import audit
from padleak.audit.feed import MOST_FILL


def assert_padding_invariant(
    model: Any,
    inputs: Any = None,
    pad_value: float | None = None,
    side: str = "both",
    time_axis: int | None = None,
    seed: int = 0,
    fill: int = MOST_FILL,
) -> None:
    """Fail if fill changes what a model gives; what an audit finds beside (labels that count, statistics) does not fail.

    Args:
        model: A Keras 3 model.
        inputs: A batch as the model takes it; made up if not given.
        pad_value: What fill holds; found as `padleak.audit` does if not given.
        side: Where fill goes: `post`, `pre` or `both`.
        time_axis: Axis of time in inputs; as `padleak.audit` finds it if not given.
        seed: Of made-up inputs and drawn weights.
        fill: Steps of fill at most; one step is tried, too.

    Raises:
        AssertionError: It does; says where it gets in, how much, and how to mend it.
        InputError: As `padleak.audit`.
    """
    report = audit(model, inputs, pad_value, side, time_axis, seed, fill=fill)
    if report.leaks:
        raise AssertionError(str(report))

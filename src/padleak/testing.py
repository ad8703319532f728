"""For the tests of your own models."""

from typing import Any

from padleak.audit import audit


def assert_padding_invariant(
    model: Any, inputs: Any = None, pad_value: float | None = None, side: str = "both"
) -> None:
    """Fail if fill changes what a model gives.

    Args:
        model: A Keras 3 model.
        inputs: A batch as the model takes it; made up if not given.
        pad_value: What fill holds; found as `padleak.audit` does if not given.
        side: Where fill goes: `post`, `pre` or `both`.

    Raises:
        AssertionError: It does; says where it gets in, how much, and how to mend it.
        InputError: As `padleak.audit`.
    """
    report = audit(model, inputs, pad_value, side)
    if report.leaks:
        raise AssertionError(str(report))

"""A fixture for the tests of your own models; pytest finds it by itself where padleak is installed."""

from collections.abc import Callable

import pytest


@pytest.fixture
def assert_padding_invariant() -> Callable[..., None]:
    """`padleak.testing.assert_padding_invariant`: fails if fill changes what a model gives."""
    from padleak.testing import assert_padding_invariant

    return assert_padding_invariant

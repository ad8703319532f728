"""Shared by all tests: quiet backends, and Hypothesis without deadlines, since the first call of anything compiles."""

import os

from hypothesis import settings

from padleak.models import backend

os.environ.update({name: os.environ.get(name, value) for name, value in backend.environment().items()})

settings.register_profile("padleak", deadline=None, max_examples=30, derandomize=True)
settings.load_profile("padleak")

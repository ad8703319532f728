"""Measure what padding does to sequence models and what masking does about it."""

from padleak.errors import InputError
from padleak.study.results import Results, load

__all__ = ["InputError", "Results", "load"]

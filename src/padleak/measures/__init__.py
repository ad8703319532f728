"""Numbers from states and predictions: numpy and scipy only."""

from padleak.measures.shift import Comparison, measures
from padleak.measures.similarity import similarities, similarity
from padleak.measures.two_sample import compare, two_sample_tests

__all__ = ["Comparison", "compare", "measures", "similarities", "similarity", "two_sample_tests"]

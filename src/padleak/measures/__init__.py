"""Numbers from states and predictions: numpy and scipy only."""

from padleak.measures.shift import Comparison, measures

__all__ = ["Comparison", "measures"]

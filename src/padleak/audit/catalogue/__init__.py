"""The catalogue of traps: small models in which fill gets through, and each of them mended.

Every trap is a regression test (found, at the right layer), every cure too (clean), and `docs/traps.md` is made from them. To
add one, write a function that builds the model, mended or not, and decorate it; its docstring says why fill gets through.
"""

from padleak.audit.catalogue import making, losing, ignoring, attending, training, data  # isort: skip
from padleak.audit.catalogue.trap import CATALOGUE, Trap

__all__ = ["CATALOGUE", "Trap", "attending", "data", "ignoring", "losing", "making", "training"]

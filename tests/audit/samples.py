"""What the tests of the auditor share."""

import numpy as np

from padleak.audit.catalogue.parts import classifier, embed, lstm, tokens

BATCH = np.array([[5, 6, 7, 8, 9, 0, 0], [4, 3, 2, 1, 7, 8, 0], [9, 8, 7, 6, 5, 4, 3]])
"""Ids, filled with 0 at the end."""


def leaky(**settings):
    """A model that has no mask."""
    ids = tokens()
    return classifier(ids, lstm(**settings)(embed(ids, mask_zero=False)))

"""How missing predictors are handed to a feed-forward network.

A filling takes the inputs and gives what the first Dense layer sees. To add one, write one function here (or in a new file of
this folder) and decorate it. Facts beside the registration:

- `mixed_only`: whether it differs from another one only where there are numbers and categories;
- `bends`: whether it is for laws that may not be linear, and left out where one is known to be;
- `hides_nothing`: whether it is handed what was removed, as a yardstick;
- `enters`: a layer that takes the place of the first Dense layer;
- `is_linear`: whether the head stands on it without a hidden layer;
- `pace`: by how much its learning rate is that of the others, 1 if not said.

What has weights is a layer called `given.called(part)`, so that it is known whose they are.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from padleak.models import missing_layers
from padleak.models.backend import keras
from padleak.registry import Registry

if TYPE_CHECKING:
    from keras import KerasTensor

fillings = Registry("filling", package="padleak.models")
"""Functions `Given -> KerasTensor (batch, whatever)`."""

_TERMS = 5


@dataclass(frozen=True)
class Given:
    """Inputs of a network, as described at `padleak.models.predictors.Predictors`: all are `(batch, entry)` but `missing`,
    `(batch, column)`.

    Attributes:
        numbers: How many of the first entries and columns are numbers.
        width: Units of the hidden layer.
        filling: Name of the filling.
    """

    values: "KerasTensor"
    present: "KerasTensor"
    missing: "KerasTensor"
    zero: "KerasTensor"
    typical: "KerasTensor"
    imputed: "KerasTensor"
    complete: "KerasTensor"
    numbers: int
    width: int
    filling: str

    def called(self, part: str) -> str:
        """Name of a layer."""
        return f"{self.filling}-{part}"

    def filled_with(self, fill: Any) -> "KerasTensor":
        """Observed values, and the fill in place of the others."""
        return self.values + (1 - self.present) * fill


@fillings.add
def zero(given: Given) -> "KerasTensor":
    """Missing predictors are zero, in the units of the table; of a category, no column is lit."""
    return given.filled_with(given.zero)


@fillings.add
def mean(given: Given) -> "KerasTensor":
    """Missing numbers are the mean of those observed, missing categories the most frequent one."""
    return given.filled_with(given.typical)


@fillings.add
def flag(given: Given) -> "KerasTensor":
    """As `zero`, and beside it a 1 for every predictor that is missing: a flag for numbers, a special value for categories."""
    return keras.ops.concatenate([zero(given), given.missing], axis=-1)


@fillings.add
def mean_flag(given: Given) -> "KerasTensor":
    """As `mean`, and beside it a 1 for every predictor that is missing: zeros and flags of numbers that were scaled first."""
    return keras.ops.concatenate([mean(given), given.missing], axis=-1)


@fillings.add(mixed_only=True)
def flagged_numbers(given: Given) -> "KerasTensor":
    """As `zero`, and a flag for every missing number alone."""
    return keras.ops.concatenate([zero(given), given.missing[:, : given.numbers]], axis=-1)


@fillings.add(mixed_only=True)
def special_category(given: Given) -> "KerasTensor":
    """As `zero`, and a special value for every missing category alone."""
    return keras.ops.concatenate([zero(given), given.missing[:, given.numbers :]], axis=-1)


@fillings.add(mixed_only=True)
def frequent_category(given: Given) -> "KerasTensor":
    """Missing numbers are zero, missing categories the most frequent one."""
    typical = given.typical[:, given.numbers :]
    return given.filled_with(keras.ops.concatenate([given.zero[:, : given.numbers], typical], axis=-1))


@fillings.add
def learned(given: Given) -> "KerasTensor":
    """Missing entries are numbers that are learned with the weights."""
    return missing_layers.learned_fill(name=given.called("fill"))([given.values, given.present])


@fillings.add(enters=True)
def masked_dense(given: Given) -> "KerasTensor":
    """The first Dense layer leaves missing entries out and scales the others up."""
    return missing_layers.masked_dense(given.width, name=given.called("entry"))([given.values, given.present])


@fillings.add
def iterative(given: Given) -> "KerasTensor":
    """Missing entries are regressed on the others beforehand (scikit-learn's IterativeImputer)."""
    return given.imputed


@fillings.add(is_linear=True, pace=5)
def neumiss(given: Given) -> "KerasTensor":
    """A NeuMiss block under a linear head (Le Morvan et al. 2020, arXiv:2007.01627)."""
    return missing_layers.neumiss(_TERMS, name=given.called("block"))([given.values, given.present])


@fillings.add(bends=True, pace=5)
def neumiss_mlp(given: Given) -> "KerasTensor":
    """A NeuMiss block under a hidden layer (Le Morvan et al. 2021, arXiv:2106.00311)."""
    return missing_layers.neumiss(_TERMS, name=given.called("block"))([given.values, given.present])


@fillings.add(hides_nothing=True)
def complete(given: Given) -> "KerasTensor":
    """What was removed is put back; what was missing before is the mean. A yardstick, not a way."""
    return given.complete

"""Tables that scikit-learn brings along: complete, so that values can be removed and the cost of it be known."""

from importlib.metadata import version
from typing import Any

import numpy as np

from padleak.data.table import Table, tables


def _version() -> str:
    return version("scikit-learn")


@tables.add(version=_version)
def diabetes() -> Table:
    """How a disease goes on within a year, from ten measurements of 442 patients (Efron et al. 2004)."""
    from sklearn.datasets import load_diabetes

    return _table(load_diabetes(scaled=False), classes=())


@tables.add(version=_version)
def breast_cancer() -> Table:
    """Whether a tumour is malign, from 30 measurements of cell nuclei; 569 rows (Street et al. 1993)."""
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    return _table(bunch, tuple(bunch.target_names))


@tables.add(version=_version)
def wine() -> Table:
    """Which of three growers made a wine, from 13 chemical measurements; 178 rows (Aeberhard & Forina 1992)."""
    from sklearn.datasets import load_wine

    bunch = load_wine()
    return _table(bunch, tuple(bunch.target_names))


def _table(bunch: Any, classes: tuple[str, ...]) -> Table:
    targets = bunch.target.astype(int if classes else float)
    categories = (0,) * bunch.data.shape[1]
    return Table(
        bunch.data.astype(np.float64), targets, tuple(bunch.feature_names), categories, tuple(map(str, classes))
    )

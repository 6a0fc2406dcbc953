"""Whether scores stay under minor noise and change under disruption: the four criteria of meta-evaluation."""

from scipy.stats import rankdata

from whybench.statistics import signed_rank
from whybench.statistics.values import Array


def intra_consistency(clean: Array, perturbed: Array, disruptive: bool) -> float | None:
    """Wilcoxon's p that scores before and after come from one distribution; 1 - p where they should not.

    clean, perturbed: (n,) scores of one method, paired by sample. The test is `statistics.signed_rank`, exact with
    ties; scores which do not change at all give p = 1. None for fewer than two samples.

    Source: hedstrom2023meta.

    >>> import numpy as np
    >>> scores = np.arange(8.0)
    >>> intra_consistency(scores, scores, disruptive=False), intra_consistency(scores, scores - 1, disruptive=False)
    (1.0, 0.0078125)
    """
    if len(clean) < 2:
        return None
    p = signed_rank(list(clean - perturbed)).p
    return 1 - p if disruptive else p


def inter_consistency(clean: Array, perturbed: Array) -> float | None:
    """How often a method keeps its rank among the others under minor noise: the share of (method, sample) pairs.

    clean, perturbed: (methods, n) scores. Methods with equal scores share the mean of their ranks, so that an order
    by chance among them is no agreement. None for no sample.

    Source: hedstrom2023meta.

    >>> import numpy as np
    >>> inter_consistency(np.array([[1.0], [2.0], [3.0]]), np.array([[1.1], [3.5], [2.9]])) == 1 / 3
    True
    """
    if not clean.shape[1]:
        return None
    return float((rankdata(clean, axis=0) == rankdata(perturbed, axis=0)).mean())


def inter_reactivity(clean: Array, perturbed: Array, higher_is_better: bool) -> float | None:
    """How often a score is worse after a disruption than before: the share of (method, sample) pairs.

    Shapes as in `inter_consistency`; scores that stay are not worse. None for no sample.

    Source: hedstrom2023meta.

    >>> import numpy as np
    >>> inter_reactivity(np.array([[1.0, 2.0]]), np.array([[0.5, 2.0]]), higher_is_better=True)
    0.5
    """
    if not clean.shape[1]:
        return None
    return float((clean > perturbed if higher_is_better else clean < perturbed).mean())

"""Clauses that hold for all but a few, each with the reason why it does not hold for them."""

from collections.abc import Mapping

from whybench.checking.clause import Sort

DECLARED: Mapping[tuple[Sort, str], Mapping[str, str]] = {
    ("method", "masking_model"): {
        "C30": "its network is trained for a few steps only, after which it has not learned where evidence lies"
    },
    ("method", "meaningful_perturbation"): {
        "C2": "the disc that it begins with is chosen by comparing outputs, which half precision decides otherwise",
        "C6": "the disc that it begins with is chosen by comparing outputs: where two are equal, rounding decides",
    },
    ("method", "random"): {"C24": "it is drawn anew for every network, and one that is written otherwise is another"},
    ("method", "rise"): {"C30": "means of logits, which have no zero: their sign says nothing, as `signed` has it"},
    ("method", "visual_back_prop"): {"C19": "its map is of what a network looks at, for whichever class"},
    ("metric", "captum/infidelity"): {
        "C25": "it takes a map's scale at its word, which noise does not share; `normalize` fits it",
        "C26": "it takes a map's scale at its word, unless `normalize` is set",
    },
    ("metric", "completeness"): {"C26": "the sum of a map is what is judged"},
    ("metric", "input_shift_consistency"): {"C27": "a map has to move with its image"},
    ("metric", "monotonicity"): {
        "C25": "on a sum of pixels as many steps rise in any order",
        "C30": "it counts steps that do not fall, and is no area",
    },
    ("metric", "naopc"): {"C30": "it is in units of the best and the worst area of any order"},
    ("metric", "sensitivity_n"): {"C28": "its points are sizes of subsets, none of which is all or nothing"},
    ("metric", "sufficiency"): {
        "C8": "a map is sufficient among the maps of the other samples",
        "C25": "it compares samples, of which there are too few here",
    },
}
"""By sort and registered name: the clause and the reason, printed beside the offending values."""


def declared(clause: str, sort: Sort) -> dict[str, str]:
    """Who declares that a clause does not hold, and why.

    >>> declared("C27", "metric")
    {'input_shift_consistency': 'a map has to move with its image'}
    """
    return {name: reasons[clause] for (of, name), reasons in DECLARED.items() if of == sort and clause in reasons}

"""What is to be said for Captum where a clause of ours fails: by definition, documented, or torch's own doing."""

from collections.abc import Mapping

MODE = "the mode is its user's to set: it asks the model as it is, and in train mode statistics of batches move"
INFERENCE = "torch records no gradients in inference mode; the message is torch's, and does not name the mode"
MODULES = "documented: rules hang on modules, and functions go by the plain gradient without a word"
REUSED = "rules hang on modules; functions go by the plain gradient, without a word"
BY_BATCH = "draws come from the global generator as the batch goes, so that they follow its shape and order"
GLOBAL = "as is usual with torch: the global generator is the source of draws"
POOL = "where input and baseline agree at a max pool, the gradient of the batch's first sample is taken for all"
PERMUTED = "by definition: samples exchange their values; documented as a method of whole batches"
MOVED = "draws come from the global generator, which other methods move"
LEFT = "put back at the end of a call, which an exception does not reach"
UNREAD = "the map does not look at the outputs, which are NaN"

BOTH = {"C12": MODE, "C14": INFERENCE}
DRAWN = {"C5": GLOBAL, "C6": BY_BATCH, "C7": BY_BATCH, "C8": BY_BATCH, "C12": MODE, "C29": MOVED}
POOLED = {**BOTH, "C6": POOL, "C7": POOL, "C8": POOL, "C11": LEFT, "C24": REUSED}
HALF = "draws are of another type than half precision, in which the model itself runs"
SINGLE = "computed in float32 whatever the inputs are"

REMARKS: Mapping[str, Mapping[str, str]] = {
    "Deconvolution": {**BOTH, "C11": LEFT, "C16": UNREAD, "C24": MODULES},
    "DeepLift": POOLED,
    "DeepLiftShap": POOLED,
    "FeatureAblation": {"C12": MODE},
    "FeaturePermutation": {**DRAWN, "C6": PERMUTED, "C7": PERMUTED, "C8": PERMUTED},
    "GradientShap": {
        **DRAWN,
        **BOTH,
        "C2": HALF,
        "C3": "NumPy's global generator takes part, which torch.manual_seed does not seed",
        "C5": "draws from torch's and NumPy's global generators",
    },
    "GuidedBackprop": {**BOTH, "C11": LEFT, "C16": UNREAD, "C24": MODULES},
    "GuidedGradCam": {**BOTH, "C11": LEFT, "C24": MODULES},
    "InputXGradient": {**BOTH, "C11": LEFT},
    "IntegratedGradients": BOTH,
    "KernelShap": {**DRAWN, "C2": SINGLE, "C15": "one feature leaves no sizes of subsets to draw"},
    "LRP": {
        **BOTH,
        "C2": "its stabiliser of 1e-9 is 0 in half precision, so that 0 is divided by 0",
        "C9": "`activations` stays on every layer",
        "C11": LEFT,
        "C24": REUSED,
    },
    "Lime": {
        **DRAWN,
        "C2": SINGLE,
        "C5": "draws from torch's global generator; scikit-learn's Lasso moves NumPy's",
        "C30": "50 draws, its default, are few for 96 features",
    },
    "NoiseTunnel(Saliency)": {**DRAWN, **BOTH, "C2": HALF, "C16": UNREAD},
    "Occlusion": {"C2": SINGLE, "C12": MODE},
    "Saliency": {**BOTH, "C11": LEFT, "C16": UNREAD},
    "ShapleyValueSampling(n_samples=2)": {**DRAWN, "C2": SINGLE},
}


def remark(subject: str, clause: str) -> str:
    """What is to be said of that failure, or nothing."""
    return REMARKS.get(subject.removeprefix("captum.attr:"), {}).get(clause, "")

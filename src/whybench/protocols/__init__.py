"""The nouns that methods, metrics, models and datasets are written in."""

from whybench.protocols.case import Artifact, Case
from whybench.protocols.dataset import Dataset, DatasetLoader
from whybench.protocols.method import AttributionMethod, Method
from whybench.protocols.metric import Metric
from whybench.protocols.model import Model, ModelLoader
from whybench.protocols.query import Query
from whybench.protocols.retraining import Retraining
from whybench.protocols.scores import Curves, Scores
from whybench.protocols.training import Training
from whybench.protocols.truth import Truth

__all__ = [
    "Artifact",
    "AttributionMethod",
    "Case",
    "Curves",
    "Dataset",
    "DatasetLoader",
    "Method",
    "Metric",
    "Model",
    "ModelLoader",
    "Query",
    "Retraining",
    "Scores",
    "Training",
    "Truth",
]

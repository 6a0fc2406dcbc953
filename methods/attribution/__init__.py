"""Methods that give every feature a relevance."""

from whybench.methods.attribution.grad_cam import GradCam
from whybench.methods.attribution.gradient import Gradient
from whybench.methods.attribution.integrated_gradients import IntegratedGradients
from whybench.methods.attribution.random import Random

__all__ = ["GradCam", "Gradient", "IntegratedGradients", "Random"]

"""Captum's methods as baselines, under the names `captum/...`; captum is imported at the first use of one."""

from whybench.methods.attribution.captum_baselines.ablation import FeatureAblation, Occlusion, ShapleyValueSampling
from whybench.methods.attribution.captum_baselines.class_activation import GuidedGradCam, LayerGradCam
from whybench.methods.attribution.captum_baselines.deep_lift import DeepLift, DeepLiftShap
from whybench.methods.attribution.captum_baselines.gradient_shap import GradientShap
from whybench.methods.attribution.captum_baselines.gradients import InputXGradient, IntegratedGradients, Saliency
from whybench.methods.attribution.captum_baselines.noise_tunnel import SmoothGrad, VarGrad
from whybench.methods.attribution.captum_baselines.rectifiers import Deconvolution, GuidedBackprop
from whybench.methods.attribution.captum_baselines.relevance_propagation import LRP
from whybench.methods.attribution.captum_baselines.surrogates import KernelShap, Lime

__all__ = [
    "LRP",
    "Deconvolution",
    "DeepLift",
    "DeepLiftShap",
    "FeatureAblation",
    "GradientShap",
    "GuidedBackprop",
    "GuidedGradCam",
    "InputXGradient",
    "IntegratedGradients",
    "KernelShap",
    "LayerGradCam",
    "Lime",
    "Occlusion",
    "Saliency",
    "ShapleyValueSampling",
    "SmoothGrad",
    "VarGrad",
]

"""Methods that give every feature a relevance."""

from whybench.methods.attribution import captum_baselines, lime_baselines, shap_baselines
from whybench.methods.attribution.best_order import BestOrder
from whybench.methods.attribution.centre import Centre
from whybench.methods.attribution.constant import Constant
from whybench.methods.attribution.deconvnet import DeconvNet
from whybench.methods.attribution.deep_lift import DeepLift
from whybench.methods.attribution.deep_shap import DeepShap
from whybench.methods.attribution.exact_shapley import ExactShapley
from whybench.methods.attribution.excitation_backprop import ExcitationBackprop
from whybench.methods.attribution.expected_gradients import ExpectedGradients
from whybench.methods.attribution.extremal_perturbation import ExtremalPerturbation
from whybench.methods.attribution.fido_sdr import FidoSDR
from whybench.methods.attribution.fido_ssr import FidoSSR
from whybench.methods.attribution.grad_cam import GradCam
from whybench.methods.attribution.grad_cam_plus_plus import GradCamPlusPlus
from whybench.methods.attribution.gradient import Gradient
from whybench.methods.attribution.greedy_sdr import GreedySDR
from whybench.methods.attribution.greedy_ssr import GreedySSR
from whybench.methods.attribution.guided_backprop import GuidedBackprop
from whybench.methods.attribution.guided_grad_cam import GuidedGradCam
from whybench.methods.attribution.input_difference import InputDifference
from whybench.methods.attribution.input_x_gradient import InputXGradient
from whybench.methods.attribution.integrated_gradients import IntegratedGradients
from whybench.methods.attribution.inverted import Inverted
from whybench.methods.attribution.kernel_shap import KernelShap
from whybench.methods.attribution.layer_cam import LayerCam
from whybench.methods.attribution.layer_relevance import relevance_at
from whybench.methods.attribution.lime import Lime
from whybench.methods.attribution.lrp import Lrp
from whybench.methods.attribution.masking_model import MaskingModel
from whybench.methods.attribution.meaningful_perturbation import MeaningfulPerturbation
from whybench.methods.attribution.occlusion import Occlusion
from whybench.methods.attribution.pattern_attribution import PatternAttribution
from whybench.methods.attribution.pattern_net import PatternNet
from whybench.methods.attribution.random import Random
from whybench.methods.attribution.rap import Rap
from whybench.methods.attribution.rise import Rise
from whybench.methods.attribution.score_cam import ScoreCam
from whybench.methods.attribution.sensitivity import Sensitivity
from whybench.methods.attribution.shapley_sampling import ShapleySampling
from whybench.methods.attribution.smooth_grad import SmoothGrad
from whybench.methods.attribution.smooth_grad_squared import SmoothGradSquared
from whybench.methods.attribution.sobel_edges import SobelEdges
from whybench.methods.attribution.tree_shap import TreeShap
from whybench.methods.attribution.var_grad import VarGrad
from whybench.methods.attribution.visual_back_prop import VisualBackProp

__all__ = [
    "BestOrder",
    "Centre",
    "Constant",
    "DeconvNet",
    "DeepLift",
    "DeepShap",
    "ExactShapley",
    "ExcitationBackprop",
    "ExpectedGradients",
    "ExtremalPerturbation",
    "FidoSDR",
    "FidoSSR",
    "GradCam",
    "GradCamPlusPlus",
    "Gradient",
    "GreedySDR",
    "GreedySSR",
    "GuidedBackprop",
    "GuidedGradCam",
    "InputDifference",
    "InputXGradient",
    "IntegratedGradients",
    "Inverted",
    "KernelShap",
    "LayerCam",
    "Lime",
    "Lrp",
    "MaskingModel",
    "MeaningfulPerturbation",
    "Occlusion",
    "PatternAttribution",
    "PatternNet",
    "Random",
    "Rap",
    "Rise",
    "ScoreCam",
    "Sensitivity",
    "ShapleySampling",
    "SmoothGrad",
    "SmoothGradSquared",
    "SobelEdges",
    "TreeShap",
    "VarGrad",
    "VisualBackProp",
    "captum_baselines",
    "lime_baselines",
    "relevance_at",
    "shap_baselines",
]

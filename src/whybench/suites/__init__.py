"""Built-in suites."""

from whybench.suites.imagenet import ImageNet, ImageNetFolder
from whybench.suites.quickstart import Quickstart

__all__ = ["ImageNet", "ImageNetFolder", "Quickstart"]

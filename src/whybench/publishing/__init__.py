"""Results that others can check: a folder with the site, the records behind it, and digests of all of it."""

from whybench.publishing.challenge import chance_of_catching, chosen
from whybench.publishing.merging import Merged, merge
from whybench.publishing.publication import publish, seal
from whybench.publishing.verdict import Check, Row, Verification
from whybench.publishing.verifying import verify

__all__ = [
    "Check",
    "Merged",
    "Row",
    "Verification",
    "chance_of_catching",
    "chosen",
    "merge",
    "publish",
    "seal",
    "verify",
]

"""The published timing profile: exclusive, warmed-up, interleaved and repeated rounds, beside the scores."""

from whybench.timing.measuring import time_suite
from whybench.timing.profile import block_timings, timing_profile
from whybench.timing.profile_table import profile_table
from whybench.timing.rounds import Rounds

__all__ = ["Rounds", "block_timings", "profile_table", "time_suite", "timing_profile"]

"""Leaderboards: what per-sample scores say about methods, and how surely."""

from whybench.leaderboard.board import Leaderboard
from whybench.leaderboard.table import Table

__all__ = ["Leaderboard", "Table"]

"""A board block by block."""

from whybench.leaderboard.view import View as View
from whybench.leaderboard.view import views as views

"""The command line. Nothing heavy is imported here: `whybench --help` starts without torch or pandas."""

from whybench.cli.app import main

__all__ = ["main"]

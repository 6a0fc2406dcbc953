"""`python -m whybench`."""

from whybench.cli import main

main()

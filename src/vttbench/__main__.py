"""``python -m vttbench``, for those who know the interpreter and not where its scripts are."""

from vttbench.cli import main

main()

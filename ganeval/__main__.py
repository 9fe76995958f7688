"""`python -m ganeval`."""

from ganeval.cli import main

main()

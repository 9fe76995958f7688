"""`python -m benchmarks COMMAND`: what is measured, trained and generated here."""

import sys
from importlib import import_module

COMMANDS = (
    "audit",
    "classifiers",
    "cost",
    "coverage",
    "curves",
    "demo",
    "dependence",
    "diagnoses",
    "lab",
    "latent",
    "readme",
    "run",
    "speed",
    "table",
    "verdicts",
)

if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
    sys.exit(f"usage: python -m benchmarks {' | '.join(COMMANDS)}")
sys.exit(import_module(f"benchmarks.{sys.argv[1]}").main(sys.argv[2:]))

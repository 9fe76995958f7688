"""What is trained on and judged by: sets by name, with fixed parts."""

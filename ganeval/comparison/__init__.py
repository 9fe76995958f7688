"""Two or more sets of fakes over the same reals."""

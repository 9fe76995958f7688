"""How sure a score is, alone and beside others."""

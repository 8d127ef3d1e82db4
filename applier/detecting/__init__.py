"""`detect`: this machine, and what fits it, told to people and programs. `machine` and `choose` decide."""

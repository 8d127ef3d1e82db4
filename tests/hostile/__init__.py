"""A corpus of hostile, odd and harmless wheels, made on the spot: each tiny, each named by its one fault."""

"""The computer: what it is, and whether a bundle fits it."""

"""The packages: one plan for all wheels, then every file written and hashed."""

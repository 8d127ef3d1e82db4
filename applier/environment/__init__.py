"""The folder: a virtual environment built beside its final place, swapped in, and read back."""

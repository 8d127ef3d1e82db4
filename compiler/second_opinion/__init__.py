"""What pip-compile says to a finished lock, and why it differs."""

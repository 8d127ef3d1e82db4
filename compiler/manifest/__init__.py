"""The manifest: read strictly, and as values."""

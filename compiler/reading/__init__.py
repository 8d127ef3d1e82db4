"""locks -> words: why a package is in them, and what differs between two. Asks no index."""

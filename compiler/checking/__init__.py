"""Whether locks follow from their manifest, and hold together: judged without an index."""

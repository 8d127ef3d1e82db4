"""The file: what a bundle is laid out like, and how one on disk is opened, judged and read in place."""

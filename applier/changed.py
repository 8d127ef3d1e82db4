"""The one error that who reads a file raises as the system does: it is not the file that was first looked at."""


class FileChanged(OSError):
    """A file is not the one that was first looked at."""

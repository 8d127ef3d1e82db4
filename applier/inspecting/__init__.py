"""What is in a bundle and why it is so big: measured from its lists alone, told as text, JSON or a page."""

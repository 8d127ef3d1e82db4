"""What the indexes offer a target: pages, wheels and their METADATA, remembered between runs."""

"""What NVIDIA and PyTorch build together, and which targets of a manifest cannot exist for it."""

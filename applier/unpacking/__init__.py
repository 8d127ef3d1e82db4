"""The bytes: what wheels hold is inflated, hashed and written by a crew of processes, below the wheel.

A worker imports nothing from outside this program, and so starts in a moment, from a bundle too.
"""

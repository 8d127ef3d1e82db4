"""One target resolved: its choices, the resolver's questions, the closure and the ways through it."""

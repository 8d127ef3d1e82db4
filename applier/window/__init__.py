"""`apply --window`: the same apply, in a process of its own, shown in a window. `state` decides, `view` shows."""

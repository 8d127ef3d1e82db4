"""The checks an environment must pass: which there are, when each may run, and the processes they run in."""

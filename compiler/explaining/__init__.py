"""What went wrong, cut down to the lines that matter, with ways out tried and priced."""

"""Everything that can be known before anything is touched: bundle, machine and place, judged in a second."""

"""How what a `Reporter` hears is shown: lines for logs, one line on terminals, a bar where rich is there, events."""

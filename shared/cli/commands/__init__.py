"""One module for each command: its options, and what it prints. What it needs loads with it."""

"""What is true of jobs, leases, locks, names and messages: data and pure functions. No I/O, no clock.

Every other room may ask; rules ask nobody but ``shared.errors`` and the reports' schema. ``jobs`` has the table of what
may happen to a job, ``moves`` makes each of its transitions, ``leases`` says when one has lapsed.
"""

"""What people do, by API or command: look jobs up, count, cancel, open again, delete, and prove the invariants."""

"""What timers do beside the work itself: steps that keep storage in order."""

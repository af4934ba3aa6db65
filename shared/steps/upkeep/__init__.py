"""What timers do beside the work: look for what is due or was missed, take in what failed, let go of what is over."""

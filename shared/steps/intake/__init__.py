"""How work comes in: images that are recorded, jobs that are added, and messages that name either."""

"""How work comes in: images are recorded, jobs are added, messages name either. Row first, message second."""

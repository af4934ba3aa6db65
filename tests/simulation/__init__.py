"""One deterministic world: the storage services in process, many processes' worth of actors, all faults, one seed."""

"""The dashboard: a page for people, and the files that it is made of. Only the app mounts its routes."""

"""The function app as it is deployed: a zip of what .funcignore leaves, with locked requirements, and a trial of it."""

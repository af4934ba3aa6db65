"""The HTTP API: routes parse, call one step and tell what came of it. Nothing of it loads before the first request."""

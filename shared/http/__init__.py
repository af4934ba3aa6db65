"""The HTTP API: routes parse a request, call one step and render its result. It loads with the first request."""

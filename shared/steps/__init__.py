"""The pipeline: record, analyze, sweep, bury. Each step is built once over the ports and called like a function."""

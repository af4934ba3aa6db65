"""The page in a real browser, on a local host: what people do there, and what hostile texts must not do."""

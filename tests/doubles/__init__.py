"""The ports in memory, a clock that a test advances, and transports that count or fail.

Small real implementations, no mocks: the contract tier runs the same suite over these and over Azurite.
"""

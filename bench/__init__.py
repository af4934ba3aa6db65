"""Measurements, each a module with ``main``: ``python3 dev.py bench NAME``. None of them runs in the tests."""

"""The checks of `darkroom doctor`: settings, connections, access, clocks, jobs, the deployed app. They change nothing.

``examine`` calls them all, ``side_by_side`` those that may hang.
"""

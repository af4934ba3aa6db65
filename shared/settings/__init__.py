"""App settings: each declared once, parsed and checked when a process starts. Everybody may read them.

``settings`` declares them, ``parsers`` reads a text, ``enums`` has the words of those that are one of several, and
``bindings`` says to the host what the triggers need of them.
"""

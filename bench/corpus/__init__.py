"""Photographs and drawings that others ship with their packages, as a touchstone of whole trees of this project.

``python3 dev.py corpus`` fetches them; nothing of them is ever committed. ``pinned.txt`` names packages, files and
their SHA-256; ``pins`` reads it, ``fetch`` fetches, ``reports`` analyses by the command of a tree, ``peers`` asks
Pillow and exiftool, ``compare`` sets the answers side by side.
"""

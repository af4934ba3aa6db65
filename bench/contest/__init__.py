"""Darkroom beside what people would pick instead: on the same Azurite, in the same run, in turns.

A ``Contestant`` is started with so many processes, fed with names of blobs, paused, killed and stopped; it says which
results stand. ``turns`` measures one turn of one contestant, ``figures`` makes tables and JSON of them.
"""

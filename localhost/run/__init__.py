"""The ``run`` task: storage and hosts for the length of one run, files in, reports and thumbnails out.

``options`` and ``names`` read what the user asks for, ``watch`` knows how far each image is (pure: fed with jobs,
answers with changes), ``show`` and ``reports`` put changes on a screen and in a folder, ``hosts`` and ``pipeline``
talk to processes and to storage, ``task`` joins them.
"""

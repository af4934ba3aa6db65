"""How work is done: a job is claimed, its handler works, its result is committed under the claim.

``receive`` takes a message, ``attempt`` brings one job to its end, ``external`` is for workers outside; all of them
claim by ``claims``, and write under a ``held_claim``.
"""

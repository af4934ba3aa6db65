"""How work is done: a job is claimed, its handler works, its result is committed under the claim.

``receive`` takes a message, ``work`` brings one job to its end, ``hold`` is for workers outside; all of them claim and
write by ``claims``.
"""

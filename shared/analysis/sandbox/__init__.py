"""Child processes that may crash, hang, run out of memory or be taken over, and what keeps them apart from the rest.

``pool`` is what ``steps.bounds`` builds; ``confinement`` is called in the child, ``shared.analysis.child``. Nothing is
imported here: a child has no use for what its parent needs.
"""

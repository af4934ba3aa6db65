"""Read Bicep files, and work out what they would deploy for given parameters.

``tree`` is what a file says, ``reader`` gets it from a grammar of tree-sitter, ``evaluator`` works expressions out, and
``template`` follows modules. It knows as much of Bicep as deploy/azure uses; what else it meets, it reports.
"""

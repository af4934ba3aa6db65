"""The peers' side of a contest: what runs in environments of their own, where nothing of Darkroom is installed.

``thumbnail_task`` is the work, and Darkroom's own contestants do it by the same lines. The ``.txt`` files pin what each
environment has; ``bench.contest.environments`` makes them.
"""

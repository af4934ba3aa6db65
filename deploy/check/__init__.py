"""Hold the files that deploy Darkroom against its code, by ``python -m deploy.check``.

They are parsed and compared, never compiled or deployed: what a cloud says to them, only a cloud can tell.
"""

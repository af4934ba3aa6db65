"""What a laptop needs to run Darkroom whole: a storage service, a Functions host, and a run that shows both at work.

Never deployed. ``localhost.host`` knows nothing of ``shared``: it sees the triggers of function_app.py alone.
"""

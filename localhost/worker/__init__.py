"""The worker process: it imports ``function_app.py`` and calls its functions, as the Python worker of Azure does.

The local host starts one, talks to it over a channel and starts another one when it ends: a crash in here fails what
runs here, and never the host. It knows nothing of storage, of ``localhost.host`` or of ``shared``.
"""

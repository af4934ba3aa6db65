"""Hold azure.yaml and deploy/azure against the code.

``check`` works the templates out for several choices of their parameters (``deployment``), and asks each rule about
all of them: ``project``, ``app``, ``sign_in``, ``storage``, ``roles``, ``events``, ``alerts``, ``versions`` and
``secrets``. What the code says stands in ``facts``.
"""

"""The only package that knows Azure clients: the ports of ``shared.ports.jobs`` on Azure Storage."""

"""The only package that knows Azure clients: the ports of ``shared.ports`` on Azure Storage."""

"""The only package that knows Azure clients: the ports on Azure Storage."""

"""The three storage services in process, below the SDKs: what a transport would otherwise send over the network.

``Account`` is one storage account; ``transport.InProcess`` puts it beneath the SDK clients. Tests use it wherever real
Azurite would only be slower; the contract suites run on both, so that it answers as Azurite does. It knows no code of
``shared``.
"""

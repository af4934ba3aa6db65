"""What the steps need of storage: protocols, and what they answer with. Steps call them, ``shared.storage`` fills them.

Every call says its cost and its errors. Every call raises ``StorageOut`` when storage can't be reached and, where it
writes, ``Undecided`` when storage did not say in time whether the write was applied; one that writes a row or sends a
message also ``ContentRefused``, when storage does not take what that would hold. Costs are counted at the transport
when nothing goes wrong.
"""

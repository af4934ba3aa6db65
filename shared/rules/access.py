"""What Darkroom does with containers, queues and tables, and the role or permission that each act needs.

Source:
    learn.microsoft.com, "Authorize with Microsoft Entra ID", permissions for calling data operations; "Azure built-in
    roles for Storage"; "Create a service SAS", permissions; "Guidance for developing Azure Functions", connecting to
    host storage with an identity; read 2026-11.
"""

from enum import Enum


class Act(Enum):
    """One kind of request.

    Args:
        phrase: What is done, behind "may".
        role: The least built-in role that permits it.
        letters: The permissions of a SAS that permit it.
    """

    LIST_BLOBS = "list blobs", "Storage Blob Data Reader", "l"
    READ_BLOBS = "read blobs", "Storage Blob Data Reader", "r"
    WRITE_BLOBS = "write blobs", "Storage Blob Data Contributor", "w"
    DELETE_BLOBS = "delete blobs", "Storage Blob Data Contributor", "d"
    KEEP_HOST_STATE = "keep the state of the Functions host", "Storage Blob Data Owner", "rlwd"
    COUNT_MESSAGES = "count messages", "Storage Queue Data Reader", "r"
    SEND_MESSAGES = "send messages", "Storage Queue Data Message Sender", "a"
    RECEIVE_MESSAGES = "receive and delete messages", "Storage Queue Data Message Processor", "p"
    HIDE_MESSAGES = "hide messages", "Storage Queue Data Contributor", "u"
    READ_ROWS = "read rows", "Storage Table Data Reader", "r"
    ADD_ROWS = "add rows", "Storage Table Data Contributor", "a"
    UPDATE_ROWS = "update rows", "Storage Table Data Contributor", "u"
    DELETE_ROWS = "delete rows", "Storage Table Data Contributor", "d"

    def __init__(self, phrase: str, role: str, letters: str) -> None:
        self.phrase = phrase
        self.role = role
        self.letters = letters

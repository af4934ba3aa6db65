"""Every refusal of the API: code, status, title, and what it means. The table in docs/api.md is made of it."""

from enum import StrEnum
from typing import Self


class Code(StrEnum):
    """A refusal; its value is what programs look at.

    Attributes:
        status: Of HTTP.
        heading: The problem's title: the same for each of its occurrences, RFC 9457 section 3.1.4.
        meaning: For the documents.
    """

    status: int
    heading: str
    meaning: str

    def __new__(cls, code: str, status: int, heading: str, meaning: str) -> Self:
        """Make a member of its four facts."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.status, member.heading, member.meaning = status, heading, meaning
        return member

    MALFORMED_URL = "malformed_url", 400, "Malformed URL", "The URL, or an escape in it, is not valid."
    MALFORMED_JSON = "malformed_json", 400, "Malformed JSON", "The body is not JSON in UTF-8."
    KEY_REQUIRED = (
        *("key_required", 401, "Key required"),
        "The API has keys of its own, and none of them was shown. A 401 without a body is the host's.",
    )
    WRONG_ROLE = "wrong_role", 403, "Wrong role", "The key's role may not make this call."
    CROSS_SITE = "cross_site", 403, "Cross-site request", "A browser sends this for a page of another site."
    NO_SUCH_PATH = "no_such_path", 404, "No such path", "Nothing has this path."
    NO_SUCH_JOB = "no_such_job", 404, "No such job", "No job has this id."
    NO_SUCH_IMAGE = "no_such_image", 404, "No such image", "No image of this id is recorded, or it has no thumbnail."
    NO_SUCH_BLOB = "no_such_blob", 404, "No such blob", "The container of images has no blob of this name."
    METHOD_NOT_ALLOWED = "method_not_allowed", 405, "Method not allowed", "`Allow` lists the methods of this path."
    LIVE = "live", 409, "Job is live", "The job waits, or a worker holds it."
    NOT_DUE = "not_due", 409, "Job is not due", "The job may not be claimed yet."
    ENDED = "ended", 409, "Job has ended", "The job has ended."
    WRONG_STATE = "wrong_state", 409, "Wrong state", "Nobody holds the job: this worker has ended its attempt before."
    OUTDATED = (
        "outdated",
        409,
        "Outdated version",
        "A newer version of its reference is recorded; that one counts.",
    )
    TOO_MANY_TYPES = "too_many_types", 409, "Too many job types", "`MAX_JOB_TYPES` types have jobs already."
    WRONG_TYPE = "wrong_type", 409, "Wrong job type", "Jobs of images are recorded, not added: `POST /images`."
    LOCKED_OUT = "locked_out", 409, "Locked out", "Another purge is at work; ask again when it is done."
    NEWER_RELEASE = "newer_release", 409, "Newer release", "A newer release has written the row, and can read it."
    ROW_DAMAGED = (
        *("row_damaged", 409, "Damaged row"),
        "Somebody has written into the table what no release writes; `darkroom verify` names the row.",
    )
    BLOB_UNREADABLE = "blob_unreadable", 409, "Unreadable blob", "Storage does not give the blob: it is archived, say."
    BLOB_REFUSED = "blob_refused", 409, "Refused blob", "Storage refuses this blob for good."
    FOLDER_MARKER = "folder_marker", 409, "Folder marker", "The blob stands for a folder and holds no image."
    LENGTH_REQUIRED = (
        *("length_required", 411, "Length required"),
        "The body comes in chunks; the Functions host passes on only what has a `Content-Length`.",
    )
    STALE = "stale", 412, "Lease lost", "The lease is lost, or the tag is not a lease. Stop working on this job."
    MISMATCH = "mismatch", 412, "Version mismatch", "The version is no longer the one that was named."
    TOO_MANY_BYTES = "too_many_bytes", 413, "Too many bytes", "JSON over 256 KiB, or an image over `MAX_BYTES`."
    NOT_JSON = "not_json", 415, "Not JSON", "A JSON body needs `Content-Type: application/json`."
    ENCODED_BODY = "encoded_body", 415, "Encoded body", "The body must come without a `Content-Encoding`."
    NOT_AN_IMAGE = "not_an_image", 415, "Not an image", "An upload declares no type of an image; `detail` lists them."
    INVALID = "invalid", 422, "Invalid request", "`errors` names each field, and what it should be."
    CONTENT_REFUSED = (
        *("content_refused", 422, "Refused content"),
        "Storage does not take what the row or message would hold; `detail` has its code. Nothing was written.",
    )
    IF_MATCH_REQUIRED = "if_match_required", 428, "Lease required", "A holder's call needs its lease in `If-Match`."
    TOO_MANY_WAITERS = (
        *("too_many_waiters", 429, "Too many waiters"),
        "64 claims wait on this instance; claim again later, or without waiting. A 429 without a body is the host's.",
    )
    INTERNAL = "internal", 500, "Internal error", "A bug; its type is in the log."
    BUSY = (
        "busy",
        503,
        "Busy",
        "16 large uploads, or 192 MiB of them, are under way; send it again later.",
    )
    STORAGE_OUT = "storage_out", 503, "Storage is out", "Storage can't be reached; nothing is known, ask again later."


#: Titles by code.
HEADINGS = {code.value: code.heading for code in Code}

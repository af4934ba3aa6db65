"""The error codes of the API: HTTP status, title and meaning of each.

Everything else that lists codes is made from this enum: the table in docs/api.md, the ``type`` and ``detail`` of
problems, and the OpenAPI document.
"""

from enum import StrEnum
from typing import Self


class ErrorCode(StrEnum):
    """What went wrong; for programs.

    Attributes:
        status: Of HTTP.
        heading: The title of the problem, the same for each of its occurrences: RFC 9457, section 3.1.4.
        meaning: What happened and what to do next; the ``detail`` of a problem that says no more.
        note: More for the documents.
    """

    status: int
    heading: str
    meaning: str
    note: str

    def __new__(cls, code: str, status: int, heading: str, meaning: str, note: str = "") -> Self:
        """Make a member of its facts."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.status, member.heading, member.meaning, member.note = status, heading, meaning, note
        return member

    @property
    def type(self) -> str:
        """The ``type`` of a problem."""
        return f"urn:darkroom:problem:{self}"

    MALFORMED_URL = "malformed_url", 400, "Malformed URL", "The URL is malformed or not valid UTF-8."
    MALFORMED_JSON = "malformed_json", 400, "Malformed JSON", "The body is not valid JSON in UTF-8."
    KEY_REQUIRED = (
        *("key_required", 401, "Key required"),
        "This call needs a valid key. Send it in the header `Authorization: Bearer KEY`.",
        "A 401 without a body comes from the Functions host.",
    )
    WRONG_ROLE = "wrong_role", 403, "Wrong role", "Your role does not allow this call."
    CROSS_SITE = "cross_site", 403, "Cross-site request", "A browser sent this request from a page of another site."
    NO_SUCH_PATH = "no_such_path", 404, "No such path", "This path does not exist."
    NO_SUCH_JOB = "no_such_job", 404, "No such job", "No job has this id."
    NO_SUCH_IMAGE = "no_such_image", 404, "No such image", "No image has this id, or the image has no thumbnail."
    NO_SUCH_MESSAGE = "no_such_message", 404, "No such message", "No rejected message has this id."
    NO_SUCH_BLOB = "no_such_blob", 404, "No such blob", "The container of images has no blob with this name."
    METHOD_NOT_ALLOWED = (
        *("method_not_allowed", 405, "Method not allowed"),
        "This path does not allow this method. The header `Allow` lists the methods that it allows.",
    )
    LIVE = "live", 409, "Job is live", "The job is waiting or running."
    NOT_DUE = "not_due", 409, "Job is not due", "The job can't be claimed yet."
    ENDED = "ended", 409, "Job has ended", "The job has already ended."
    WRONG_STATE = "wrong_state", 409, "Wrong state", "No worker holds the job: this attempt has already ended."
    OUTDATED = "outdated", 409, "Outdated version", "A newer version of this image is recorded. Use its job instead."
    TOO_MANY_TYPES = "too_many_types", 409, "Too many job types", "`MAX_JOB_TYPES` types have jobs already."
    WRONG_TYPE = "wrong_type", 409, "Wrong job type", "Jobs of this type can't be added. Use `POST /images` instead."
    LOCKED_OUT = "locked_out", 409, "Locked out", "Another purge or walk is running. Try again when it is done."
    NEWER_RELEASE = "newer_release", 409, "Newer release", "A newer release wrote this row, and only it can read it."
    ROW_DAMAGED = (
        *("row_damaged", 409, "Damaged row"),
        "A row of this job or image is damaged. Run `darkroom verify`, which names it.",
    )
    BLOB_UNREADABLE = "blob_unreadable", 409, "Unreadable blob", "Storage can't read the blob; it may be archived."
    BLOB_REFUSED = "blob_refused", 409, "Refused blob", "Storage refuses to write the blob, and will refuse it again."
    FOLDER_MARKER = "folder_marker", 409, "Folder marker", "The blob marks a folder and holds no image."
    STILL_REJECTED = (
        *("still_rejected", 409, "Still rejected"),
        "The message still names no image and no job.",
    )
    NOT_RECORDED = "not_recorded", 409, "Not recorded", "Part of the message could not be recorded yet."
    LENGTH_REQUIRED = (
        *("length_required", 411, "Length required"),
        "The body must come with a `Content-Length` and not in chunks.",
        "The Functions host drops a body in chunks.",
    )
    STALE = "stale", 412, "Lease lost", "The lease is lost, or the tag is not a lease. Stop working on this job."
    MISMATCH = (
        *("mismatch", 412, "Version mismatch"),
        "The current version is not the one that the request names; of an action: it has changed since `as_of`.",
    )
    TOO_MANY_BYTES = "too_many_bytes", 413, "Too many bytes", "JSON is over 256 KiB, or an image over `MAX_BYTES`."
    NOT_JSON = "not_json", 415, "Not JSON", "The body must have `Content-Type: application/json`."
    ENCODED_BODY = "encoded_body", 415, "Encoded body", "The body must not have a `Content-Encoding`."
    NOT_AN_IMAGE = (
        *("not_an_image", 415, "Not an image"),
        "The `Content-Type` of an upload must be an image type that can be analysed; `detail` lists them.",
    )
    INVALID = "invalid", 422, "Invalid request", "The request is not valid; see `errors`."
    CONTENT_REFUSED = (
        *("content_refused", 422, "Refused content"),
        "Storage refuses the content of the row or message. Nothing was written; `detail` has the code of the service.",
    )
    IF_MATCH_REQUIRED = (
        *("if_match_required", 428, "Lease required"),
        "`If-Match` must carry the lease: the ETag of the response to the claim, or to the last renewal.",
    )
    TOO_MANY_WAITERS = (
        *("too_many_waiters", 429, "Too many waiters"),
        "Too many claims are waiting on this instance. Claim again later, or with `wait_seconds` 0.",
        "A 429 without a body comes from the Functions host.",
    )
    INTERNAL = "internal", 500, "Internal error", "Something went wrong in Darkroom. Its log has the error."
    BUSY = "busy", 503, "Busy", "Too many large uploads are running. Send this one again later."
    STORAGE_OUT = (
        *("storage_out", 503, "Storage is out"),
        "Storage is out or did not answer in time. Try again later; a write may have been applied.",
    )

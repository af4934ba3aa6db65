"""The faults that are planted into store and actors, by name."""

from enum import StrEnum


class Fault(StrEnum):
    """What is planted into the model, to see that the checks find it."""

    COMPLETE_BY_STATUS = "completion by status only"
    COMPLETE_BY_ID = "completion by id only"
    CLIENT_CLOCK = "expiry by the client's clock"
    UPSERT_CLAIM = "upsert claim"
    NO_RECHECK = "no re-check after the claim"
    ABSENT_IS_LOST = "absent after a time-out means lost"
    OLD_HEAD = "key row written from an old HEAD"
    UNGUARDED_KEY = "key row written without its ETag"
    KEY_UNREAD = "key row not read after its refusal"
    SUPERSEDE_APART = "supersede not in the same transaction"
    REDRIVE_UNKEYED = "redrive by hand that does not look at the key row"
    REDRIVE_UNMATCHED = "redrive by hand that looks at the key row and does not match it"
    CANCEL_UNGUARDED = "cancel that writes over a moved row"
    BURY_UNGUARDED = "bury and exhaust that write over a moved row"
    RESCHEDULE_UNGUARDED = "due row moved on over a moved row"
    REOPENED_APART = "version that comes back opened beside the one that is live"
    RETURN_IGNORED = "version that comes back taken for a duplicate by who looks for another"
    OWN_MISSED = "version that stands there again superseded by its own worker"
    SPARED_BLINDLY = "claim that has lapsed taken for one that an outage has ended"
    GONE_GIVEN_BACK = "job without a blob given back uncounted"
    READ_ANY = "whatever version stands there is analysed"
    PURGE_UNJUDGED = "purge that believes the list and does not judge by the row"
    PURGE_UNGUARDED = "purge of a moved row"
    PURGE_UNKEYED = "purge that writes the key row without its ETag"
    KEY_PURGED = "purge that takes the key row too"
    THUMBNAILS_ALL = "purge that deletes the thumbnails of later tokens too"

"""What `darkroom doctor` can find: one sentence, and what to do about it."""

from enum import Enum, StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


_CHECK_NETWORK = "Check the account's name, DNS, private endpoints, proxies and firewalls."


class Symptom(Enum):
    """One thing that can be found.

    Args:
        level: How bad it is.
        text: What is found; ``{name}`` stands for a fact.
        advice: What to do about it, likewise; empty where there is nothing to do.
    """

    # Settings
    SETTINGS_VALID = Level.OK, "All settings are valid."
    SETTING_INVALID = Level.PROBLEM, "{problem}.", "Correct the setting: docs/settings.md describes it."
    SETTING_UNKNOWN = (
        Level.WARNING,
        "{name} is not a setting of Darkroom, but {similar} is.",
        "If you mean {similar}, rename it.",
    )
    FUNCTION_DISABLED = (
        Level.WARNING,
        "The function {function} is disabled.",
        "To enable it, remove the setting {name}.",
    )
    DISPATCH_OFF = (
        Level.WARNING,
        "DISPATCH is off: images are recorded but not analysed.",
        "To go on, set DISPATCH to both.",
    )
    TOO_FEW_THREADS = (
        Level.WARNING,
        "PYTHON_THREADPOOL_THREAD_COUNT is {threads}, but {calls} functions may run at once.",
        "Set it to {calls} or more. The sample settings have 32.",
    )
    NO_HOST_STORAGE = (
        Level.WARNING,
        "AzureWebJobsStorage is not set. The Functions host does not start without it.",
        "Set it, or AzureWebJobsStorage__accountName. Only `darkroom worker` does not need it.",
    )
    IGNORED_ON_FLEX = (
        Level.WARNING,
        "{name} is no app setting on Flex Consumption.",
        "Remove it, and use functionAppConfig where that has a value for it.",
    )
    SCAN_ON_FLEX = (
        Level.PROBLEM,
        "BLOB_SOURCE is LogsAndContainerScan. Flex Consumption only supports EventGrid.",
        "Set BLOB_SOURCE to EventGrid, and subscribe the webhook to BlobCreated events.",
    )
    # host.json
    HOST_FILE_FITS = Level.OK, "host.json fits the settings. It allows bundles {range}."
    NO_HOST_FILE = Level.OK, "There is no host.json here, so it was not checked."
    HOST_FILE_UNREADABLE = Level.PROBLEM, "host.json can't be read: {reason}.", "Take host.json from the release."
    WRONG_ENCODING = (
        Level.PROBLEM,
        "messageEncoding is {value} in host.json. Messages of Darkroom are plain text.",
        "Set extensions.queues.messageEncoding to none.",
    )
    HOST_FILE_DIFFERS = (
        Level.WARNING,
        "{key} is {value} in host.json, but Darkroom works with {other}.",
        "Set {name} to the value of host.json, or leave both at the default.",
    )
    NO_BUNDLE = (
        Level.PROBLEM,
        "host.json names no extension bundle. No trigger can start without it.",
        "Take extensionBundle from the host.json of the release.",
    )
    OTHER_BUNDLE = (
        Level.WARNING,
        "host.json allows bundles {range}, not {usual}.",
        "Use {usual}: where a region lacks the lowest version, the app does not start.",
    )
    # Connections
    CONNECTED = Level.OK, "{setting} uses {form} and leads to {host}."
    SHADOWED = (
        Level.WARNING,
        "Both {used} and {ignored} are set. The host and Darkroom use {used}.",
        "Remove the one that you don't mean.",
    )
    SAS_EXPIRED = (
        Level.PROBLEM,
        "The SAS of {setting} expired at {moment}.",
        "Issue a new one, or use an identity: set {setting}__accountName.",
    )
    SAS_EXPIRES_SOON = (
        Level.WARNING,
        "The SAS of {setting} expires at {moment}.",
        "Issue a new one before, or use an identity: set {setting}__accountName.",
    )
    NO_TLS = Level.WARNING, "{setting} leads to {host} without TLS.", "Use https in its endpoints."
    NO_QUEUE_ENDPOINT = (
        Level.WARNING,
        "{setting} has no queue endpoint, which blob triggers need.",
        "Set {setting}__accountName or {setting}__queueServiceUri.",
    )
    OWN_IDENTITY = (
        Level.OK,
        "Storage was asked with the identity of this machine, which may differ from the app's.",
        "To check the app's own, run this where it has the app's identity.",
    )
    NOT_CHECKED = (
        Level.WARNING,
        "Storage was not checked, because settings are invalid or missing.",
        "Correct them, or give the settings of the app by --settings.",
    )
    # Access to storage
    ACCESSIBLE = Level.OK, "It exists. You may {acts}."
    ABSENT = Level.PROBLEM, "It does not exist.", "Run `darkroom init` with an identity that may create it."
    NO_POISON_YET = Level.OK, "It does not exist yet. The host creates it when it is needed."
    NO_HOST_YET = Level.OK, "It does not exist yet: no Functions host has started with this account."
    FORBIDDEN = (
        Level.PROBLEM,
        "This identity may not {act}: {code}.",
        "Assign it the role {role}. A new role takes some minutes.",
    )
    BEYOND_SAS = (
        Level.PROBLEM,
        "The SAS does not permit to {act}: {code}.",
        "Issue a SAS with the permissions {letters} for the {service} service.",
    )
    NO_UPLOADS = (
        Level.OK,
        "You may not write blobs, so uploads by PUT /images are refused.",
        "Only if you want uploads over HTTP, allow it: role {role}, SAS permission {letters}.",
    )
    NO_HIDING = (
        Level.WARNING,
        "You may not hide messages. `darkroom worker` can't keep messages then.",
        "If you run workers, allow it: role {role}, SAS permission {letters}.",
    )
    KEYS_OFF = (
        Level.PROBLEM,
        "The account does not allow keys: {code}.",
        "Use an identity: set {setting}__accountName in place of {setting}.",
    )
    NETWORK_RULES = (
        Level.PROBLEM,
        "The account does not allow requests from here: {code}.",
        "Check its network rules, and the services that a SAS is for.",
    )
    UNKNOWN_CALLER = (
        Level.PROBLEM,
        "The account does not accept the key, SAS or token: {code}.",
        "Check the key, the dates of the SAS, the tenant of the identity, and this clock.",
    )
    NO_IDENTITY = (
        Level.PROBLEM,
        "There is no identity here that gets a token.",
        "Run `az login`, or where the app runs check its identity and {setting}__clientId.",
    )
    UNREACHABLE = Level.PROBLEM, "{host} can't be reached: {code}.", _CHECK_NETWORK
    SILENT = Level.PROBLEM, "There was no answer within {seconds} s.", _CHECK_NETWORK
    FAILING = Level.PROBLEM, "The service fails: {code}.", "Try again later. If it goes on, check status.azure.com."
    REFUSED = (
        Level.PROBLEM,
        "The service refuses to {act}: {code}.",
        "Look the code up in the Azure Storage REST API reference.",
    )
    # Clocks
    CLOCKS_AGREE = Level.OK, "The clocks of storage and of this machine agree."
    CLOCK_OFF = (
        Level.WARNING,
        "The clock of this machine differs from storage by {skew}.",
        "Synchronise it. Darkroom does not use it, but requests with keys need it.",
    )
    SERVICES_APART = (
        Level.WARNING,
        "The clocks of the services differ by {skew}. LEASE_MARGIN_SECONDS is {margin}.",
        "Raise LEASE_MARGIN_SECONDS above the difference.",
    )
    # Jobs
    ON_TIME = Level.OK, "No job has waited too long."
    JOBS_LATE = (
        Level.WARNING,
        "A job has been due for {age}.",
        "See docs/operations.md: Nothing happens, The backlog grows.",
    )
    NEWER_ROWS = (
        Level.WARNING,
        "A newer release wrote the job {job}. This one leaves it alone.",
        "Finish the deployment, or use the newer release.",
    )
    DAMAGED_ROW = Level.PROBLEM, "The row of the job {job} is damaged.", "Run `darkroom verify`."
    UPKEEP_DONE = Level.OK, "The last {what} was {age} ago."
    UPKEEP_LATE = (
        Level.PROBLEM,
        "The last {what} was {age} ago. From {limit} on it is late.",
        "Restart the app or the worker that does it. See docs/operations.md: Nothing happens.",
    )
    UPKEEP_NEVER = (
        Level.WARNING,
        "No {what} has come to its end yet.",
        "A new app has to wait for its timers. If it is not new, see docs/operations.md: Nothing happens.",
    )
    POISON_WAITS = (
        Level.WARNING,
        "{count} messages wait.",
        "The next sweep takes them in. If they stay, see docs/operations.md: Poison messages.",
    )
    JOBS_UNREADABLE = Level.PROBLEM, "Jobs can't be read: {error}.", "Try again. The findings above may tell why."
    # Events
    SCANNED = Level.OK, "The blob trigger scans the container. Missed blobs are found by reconcile."
    QUEUED = (
        Level.OK,
        "record_image is disabled, so events must come to the queue {queue}.",
        "Run `az eventgrid event-subscription list`: a subscription must lead to this queue.",
    )
    SUBSCRIPTION_UNSEEN = (
        Level.OK,
        "BLOB_SOURCE is EventGrid. Only the management API shows the subscription.",
        "Run `az eventgrid event-subscription list`. Its endpoint must be {endpoint}.",
    )
    # Who has signed in
    EASY_AUTH_ON = Level.OK, "EASY_AUTH is on, and App Service checks who signs in."
    EASY_AUTH_OFF = (
        Level.WARNING,
        "EASY_AUTH is on, but WEBSITE_AUTH_ENABLED is {value}: App Service checks nobody, so anybody may claim a role.",
        "Turn the authentication of App Service on, or set EASY_AUTH to false: see docs/security.md.",
    )
    EASY_AUTH_UNSEEN = (
        Level.OK,
        "EASY_AUTH is on. Only the app itself shows whether App Service checks who signs in.",
        "Run this with --deployed: it sends a forged header.",
    )
    # The deployed app
    FORGEABLE = (
        Level.PROBLEM,
        "The app believes a forged X-MS-CLIENT-PRINCIPAL: anybody may claim any role.",
        "Set EASY_AUTH to false now. Turn the authentication of App Service on first: see docs/security.md.",
    )
    APP_RESPONDS = Level.OK, "The API responds, and storage with it."
    APP_REFUSES = Level.PROBLEM, "{path} responds with {status}.", "Look at the log of the app."
    APP_SILENT = Level.PROBLEM, "{path} does not respond: {reason}.", "Check the address, and that the app runs."
    APP_REDIRECTS = (
        Level.PROBLEM,
        "{path} responds with {status}, a redirect. It is not followed.",
        "Give the address to which it leads, if that is the app.",
    )
    KEY_NEEDED = (
        Level.WARNING,
        "{path} needs a key ({status}).",
        "Set {variable}. GET /admin/host/status takes the master key only.",
    )
    HOST_RUNS = Level.OK, "The Functions host {version} runs with the bundle {bundle}."
    HOST_STOPPED = Level.PROBLEM, "The state of the Functions host is {state}: {error}.", "Look at the log of the host."
    BUNDLE_UNKNOWN = Level.OK, "The Functions host {version} runs. It names no bundle."
    VERSIONS = Level.OK, "The app runs {versions}."
    OTHER_RELEASE = (
        Level.WARNING,
        "The app runs release {release}, and this command is of {own}.",
        "Use the command of the app's release.",
    )
    CONFINED = Level.OK, "Child processes are confined by {layers}."
    NO_CHILD_YET = Level.OK, "No child process has started yet, so its confinement is unknown."
    UNCONFINED = (
        Level.WARNING,
        "Child processes lack these layers: {layers}.",
        "See docs/operations.md: How child processes are confined.",
    )

    def __init__(self, level: Level, text: str, advice: str = "") -> None:
        self.level = level
        self.text = text
        self.advice = advice

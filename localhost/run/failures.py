"""What ends a run before its time; each message is meant for the user."""


class RunFailed(Exception):
    """The run can't go on."""


class HostFailed(RunFailed):
    """A host did not start, or ended by itself; the message holds the end of its log."""


class PipelineFailed(RunFailed):
    """Storage or the settings don't let the run go on."""

"""Check app settings and host.json, without storage."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shared.errors import SettingsInvalid
from shared.rules.diagnoses import Diagnosis
from shared.rules.symptoms import Symptom
from shared.settings import app_settings
from shared.settings.enums import BlobSource, Dispatch
from shared.settings.settings import Settings

SETTINGS, HOST_FILE = "settings", "host.json"
#: What the real host and Microsoft's own template have.
_USUAL_RANGE = "[4.*, 5.0.0)"
#: Functions that others do the work of: Event Grid by the queue, and the sweep.
_SPARE = frozenset({"record_image", "bury_poison", "bury_blob_events"})
_TIMERS = 3
_ABSENT = "not set"
#: What the host does without a value of its own.
_BATCH, _BLOBS = 16, 8


def check_settings(environ: Mapping[str, str], *, is_flex: bool) -> tuple[Settings | None, list[Diagnosis]]:
    """Check every setting.

    Args:
        environ: App settings.
        is_flex: Whether they are for Flex Consumption.

    Returns:
        The settings, None where one can't be used; and what was found.
    """
    try:
        settings = Settings.read(environ)
    except SettingsInvalid as invalid:
        found = [invalid_setting(problem) for problem in invalid.problems]
        return None, [*found, *_names(environ)]
    found = [*_names(environ), *_choices(environ, settings), *(_flex(environ, settings) if is_flex else ())]
    return settings, [Diagnosis(Symptom.SETTINGS_VALID, SETTINGS), *found]


def invalid_setting(problem: str) -> Diagnosis:
    """Return what is wrong with a setting."""
    return Diagnosis(Symptom.SETTING_INVALID, SETTINGS, {"problem": problem.removesuffix(".")})


def check_host_file(text: str | None, environ: Mapping[str, str], settings: Settings) -> list[Diagnosis]:
    """Check host.json beside the settings.

    Args:
        text: Its content; None where it is not here.
        environ: App settings: ``AzureFunctionsJobHost__a__b`` stands for a value of host.json.
        settings: As read from them.
    """
    if text is None:
        return [Diagnosis(Symptom.NO_HOST_FILE, HOST_FILE)]
    try:
        host = json.loads(text)
    except ValueError:
        return [_host(Symptom.HOST_FILE_UNREADABLE, reason="it is not valid JSON")]
    if not isinstance(host, dict):
        return [_host(Symptom.HOST_FILE_UNREADABLE, reason="it is no object")]
    allowed = _at(host, "extensionBundle", "version")
    found = [*_host_values(host, environ, settings), *_bundle(allowed), *_threads(host, environ, settings)]
    return found or [_host(Symptom.HOST_FILE_FITS, range=allowed)]


def _host(symptom: Symptom, **facts: object) -> Diagnosis:
    return Diagnosis(symptom, HOST_FILE, facts)


def _names(environ: Mapping[str, str]) -> Iterator[Diagnosis]:
    for name, similar in app_settings.similar_names(environ):
        yield Diagnosis(Symptom.SETTING_UNKNOWN, SETTINGS, {"name": name, "similar": similar})


def _choices(environ: Mapping[str, str], settings: Settings) -> Iterator[Diagnosis]:
    """Find settings that are valid, and may not be meant."""
    if settings.dispatch is Dispatch.OFF:
        yield Diagnosis(Symptom.DISPATCH_OFF, SETTINGS)
    if settings.easy_auth:
        yield _sign_in(environ)
    for function, name in app_settings.disabled_functions(environ):
        if function in _SPARE:
            continue
        yield Diagnosis(Symptom.FUNCTION_DISABLED, SETTINGS, {"function": function, "name": name})
    prefix = app_settings.HOST_STORAGE.lower()
    if not any(name.lower().startswith(prefix) and value.strip() for name, value in environ.items()):
        yield Diagnosis(Symptom.NO_HOST_STORAGE, SETTINGS)


def _sign_in(environ: Mapping[str, str]) -> Diagnosis:
    """Say whether App Service checks who signs in, as far as the environment shows it: its own has the variable."""
    is_checked = app_settings.checks_sign_in(environ)
    if is_checked:
        return Diagnosis(Symptom.EASY_AUTH_ON, SETTINGS)
    if is_checked is None and not environ.get(app_settings.SITE_NAME, "").strip():
        return Diagnosis(Symptom.EASY_AUTH_UNSEEN, SETTINGS)
    value = environ.get(app_settings.AUTH_ENABLED, "").strip() or _ABSENT
    return Diagnosis(Symptom.EASY_AUTH_OFF, SETTINGS, {"value": value})


def _flex(environ: Mapping[str, str], settings: Settings) -> Iterator[Diagnosis]:
    if settings.blob_source is BlobSource.SCAN:
        yield Diagnosis(Symptom.SCAN_ON_FLEX, SETTINGS)
    for name in app_settings.NOT_ON_FLEX:
        if environ.get(name, "").strip():
            yield Diagnosis(Symptom.IGNORED_ON_FLEX, SETTINGS, {"name": name})


def _host_values(host: Mapping[str, Any], environ: Mapping[str, str], settings: Settings) -> Iterator[Diagnosis]:
    encoding = _value(host, environ, "extensions", "queues", "messageEncoding")
    if encoding != "none":
        yield _host(Symptom.WRONG_ENCODING, value=_spell(encoding))
    compared: tuple[tuple[tuple[str, ...], Callable[[Settings], object]], ...] = (
        (("functionTimeout",), lambda each: each.function_timeout_seconds),
        (("extensions", "queues", "maxDequeueCount"), lambda each: each.max_dequeue_count),
    )
    for path, of in compared:
        name, value = f"AzureFunctionsJobHost__{'__'.join(path)}", _at(host, *path)
        if value is None or environ.get(name, "").strip():  # the setting counts for the host too
            continue
        try:
            same = of(Settings.read({name: str(value)})) == of(settings)
        except SettingsInvalid:
            same = False
        if not same:
            yield _host(Symptom.HOST_FILE_DIFFERS, key=path[-1], value=value, other=_plain(of(settings)), name=name)


def _bundle(allowed: object) -> Iterator[Diagnosis]:
    if allowed is None:
        yield _host(Symptom.NO_BUNDLE)
    elif allowed != _USUAL_RANGE:
        yield _host(Symptom.OTHER_BUNDLE, range=allowed, usual=_USUAL_RANGE)


def _threads(host: Mapping[str, Any], environ: Mapping[str, str], settings: Settings) -> Iterator[Diagnosis]:
    """Compare the threads of the worker with the calls that its limits let in; see docs/settings.md."""
    batch = _number(_value(host, environ, "extensions", "queues", "batchSize"), _BATCH)
    more = _number(_value(host, environ, "extensions", "queues", "newBatchThreshold"), batch // 2)
    blobs = _number(_value(host, environ, "extensions", "blobs", "maxDegreeOfParallelism"), _BLOBS)
    queues = 3 if settings.poison_triggers else 1
    calls = queues * (batch + more) + blobs + _TIMERS
    threads = environ.get(app_settings.THREADS, "").strip()
    if not threads.isdecimal() or int(threads) < calls:
        facts = {"threads": threads or _ABSENT, "calls": calls}
        yield Diagnosis(Symptom.TOO_FEW_THREADS, SETTINGS, facts)


def _value(host: Mapping[str, Any], environ: Mapping[str, str], *path: str) -> object:
    """Return a value as the host has it: a setting counts before the file."""
    return environ.get(f"AzureFunctionsJobHost__{'__'.join(path)}", "").strip() or _at(host, *path)


def _at(host: object, *path: str) -> object:
    for name in path:
        host = host.get(name) if isinstance(host, dict) else None
    return host


def _number(value: object, otherwise: int) -> int:
    return int(str(value)) if str(value).isdecimal() else otherwise


def _spell(value: object) -> object:
    return "base64, the default," if value is None else value


def _plain(value: object) -> object:
    return f"{value:g} s" if isinstance(value, float) else value

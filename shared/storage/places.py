"""All places that the settings name, for ``darkroom doctor``."""

from collections.abc import Iterator, Mapping
from functools import partial

from shared.ports.places import ConnectionFacts, Place
from shared.rules.access import Act
from shared.runtime import Runtime
from shared.settings.app_settings import HOST_STORAGE
from shared.settings.bindings import is_enabled
from shared.settings.enums import Thumbnails
from shared.settings.settings import BLOB_POISON_QUEUE, Settings
from shared.storage import clients, connections, names
from shared.storage.clients import DatingTransport, QueueService
from shared.storage.connection_facts import describe
from shared.storage.probes import ContainerProbe, QueueProbe, TableProbe

_OF_LOCKS = (Act.READ_ROWS, Act.ADD_ROWS, Act.UPDATE_ROWS)
_OF_JOBS = (*_OF_LOCKS, Act.DELETE_ROWS)
_OF_POISON = (Act.COUNT_MESSAGES, Act.RECEIVE_MESSAGES)
_OF_IMAGES = (Act.LIST_BLOBS, Act.READ_BLOBS, Act.WRITE_BLOBS)
#: Where the Functions host keeps what it knows.
_HOST_STATE = "azure-webjobs-hosts"
_OF_THUMBNAILS = (Act.LIST_BLOBS, Act.READ_BLOBS, Act.WRITE_BLOBS, Act.DELETE_BLOBS)


def open_places(
    environ: Mapping[str, str], settings: Settings, *, transport: DatingTransport, runtime: Runtime
) -> list[Place]:
    """Build the probes of all places over one transport; raise ``SettingsInvalid`` as ``open_all``."""
    make = {"draw": runtime.draw, "monotonic": runtime.monotonic}
    of_jobs, of_images = describe(environ, settings.jobs_connection), describe(environ, settings.images_connection)
    tables = clients.TableService(connections.read(environ, settings.jobs_connection), transport)
    blobs = clients.blob_service(
        connections.read(environ, settings.images_connection),
        transport,
        runtime,
        single_get_bytes=settings.max_bytes,
    )
    places: list[Place] = [
        TableProbe(names.table(tables, name), name, of_jobs, acts, **make)
        for name, acts in ((settings.jobs_table, _OF_JOBS), (settings.locks_table, _OF_LOCKS))
    ]
    queues: dict[str, QueueService] = {}  # each has a credential, for which a program may have to be started
    for name, acts, facts in _queues(environ, settings, of_jobs, of_images):
        if facts.setting not in queues:
            queues[facts.setting] = clients.QueueService(connections.read(environ, facts.setting), transport, runtime)
        places.append(QueueProbe(names.queue(queues[facts.setting], name), name, facts, acts, **make))
    containers: list[tuple[str, tuple[Act, ...]]] = [(settings.images_container, _OF_IMAGES)]
    if settings.thumbnails is Thumbnails.BLOB:
        containers.append((settings.thumbnails_container, _OF_THUMBNAILS))
    for name, acts in containers:
        blob = partial(names.blob, blobs, name)
        places.append(ContainerProbe(names.container(blobs, name), blob, name, of_images, acts, **make))
    return [*places, *_host_state(environ, transport, runtime)]


def _host_state(environ: Mapping[str, str], transport: DatingTransport, runtime: Runtime) -> Iterator[Place]:
    """Yield where the Functions host keeps locks and keys, if there is to be one."""
    if not any(connections.is_set(environ, name) for name in (HOST_STORAGE, f"AzureWebJobs{HOST_STORAGE}")):
        return
    facts, connection = describe(environ, HOST_STORAGE), connections.read(environ, HOST_STORAGE)
    if "blob" not in facts.urls:
        return
    blobs = clients.blob_service(connection, transport, runtime, single_get_bytes=1)
    container, blob = names.container(blobs, _HOST_STATE), partial(names.blob, blobs, _HOST_STATE)
    acts = (Act.KEEP_HOST_STATE,)
    yield ContainerProbe(container, blob, _HOST_STATE, facts, acts, draw=runtime.draw, monotonic=runtime.monotonic)


def _queues(
    environ: Mapping[str, str], settings: Settings, of_jobs: ConnectionFacts, of_images: ConnectionFacts
) -> Iterator[tuple[str, tuple[Act, ...], ConnectionFacts]]:
    sends = (Act.SEND_MESSAGES,) if settings.sends else ()
    acts = (Act.COUNT_MESSAGES, *sends, Act.RECEIVE_MESSAGES, Act.HIDE_MESSAGES)
    yield settings.job_queue, acts, of_jobs
    yield settings.poison_queue, _OF_POISON, of_jobs
    if "queue" in of_images.urls and is_enabled(environ, "bury_blob_events"):
        yield BLOB_POISON_QUEUE, _OF_POISON, of_images

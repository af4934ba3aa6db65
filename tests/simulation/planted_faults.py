"""The catalogue of planted faults: what the simulation must find, or it proves nothing."""

from tests.simulation.planted_claims import CLAIMS
from tests.simulation.planted_intake import INTAKE
from tests.simulation.planted_lines import LINES
from tests.simulation.planted_locks import HOLDING
from tests.simulation.planted_messages import MESSAGES
from tests.simulation.planted_refusals import REFUSALS
from tests.simulation.planted_rollouts import ROLLOUTS
from tests.simulation.planted_rounds import ROUNDS
from tests.simulation.planted_storage import STORAGE
from tests.simulation.planted_upkeep import UPKEEP
from tests.simulation.planted_workers import WORKERS
from tests.simulation.planting import PlantedFault

FAULTS: dict[str, PlantedFault] = {
    each.name: each
    for each in (
        *CLAIMS,
        *HOLDING,
        *STORAGE,
        *INTAKE,
        *MESSAGES,
        *REFUSALS,
        *UPKEEP,
        *LINES,
        *WORKERS,
        *ROUNDS,
        *ROLLOUTS,
    )
}

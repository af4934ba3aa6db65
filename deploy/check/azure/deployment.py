"""What the templates would deploy, for some choice of their parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.check.bicep.template import Instance, Template
from deploy.check.bicep.tree import File, Place
from deploy.check.bicep.values import Properties, Quote, Value
from deploy.check.finding import Finding
from shared.errors import SettingsInvalid
from shared.settings.settings import Settings

MAIN = "deploy/azure/main.bicep"
STORAGE = "Microsoft.Storage/storageAccounts"
SITE = "Microsoft.Web/sites"
_ALWAYS: Mapping[str, str] = {"environmentName": "test", "location": "westeurope"}
#: Each choice that brings in other resources or other values.
CHOICES: tuple[Mapping[str, str | int | bool], ...] = (
    {},
    {"blobSource": "Trigger"},
    {"plan": "Premium", "privateEndpoints": True},
    {"privateEndpoints": True, "operatorId": "somebody", "alertEmail": "somebody@example.com"},
    {"signInClientId": "client", "signInTenantId": "tenant"},
    {"plan": "Premium", "signInClientId": "client"},
    {"instanceMemoryMB": 512},
    {"instanceMemoryMB": 4096},
)


@dataclass(frozen=True)
class Deployment:
    """All resources of one choice.

    Attributes:
        choice: The parameters that are not at their defaults.
        resources: In the order of the files, with those that are only referred to.
        files: Those that were read.
    """

    choice: Mapping[str, str | int | bool]
    resources: tuple[Instance, ...]
    files: tuple[File, ...]

    def creations(self, kind: str) -> list[Instance]:
        """List the resources of a type that are created."""
        return [each for each in self.resources if each.kind == kind and not each.is_existing]

    def one(self, kind: str) -> Instance | None:
        """Return the only created resource of a type, if there is one."""
        found = self.creations(kind)
        return found[0] if len(found) == 1 else None

    @property
    def app_settings(self) -> tuple[Properties, Place]:
        """The settings of the app, and where the resource stands."""
        found = [each for each in self.creations(f"{SITE}/config") if each.name == "appsettings"]
        properties, place = found[0].get("properties") if found else (None, Place(MAIN, 1))
        return (properties if isinstance(properties, Properties) else Properties(place)), place

    @property
    def environ(self) -> dict[str, str]:
        """The settings as the app's process sees them."""
        return {name: str(value) for name, value in self.app_settings[0].items() if isinstance(value, str)}

    @property
    def settings(self) -> Settings:
        """Our own settings; the defaults where they can't be read, which the rules about the app report."""
        try:
            return Settings.read(self.environ)
        except SettingsInvalid:
            return Settings()

    @property
    def is_flex(self) -> bool:
        """Whether the plan is Flex Consumption."""
        plan = self.one("Microsoft.Web/serverfarms")
        return plan is not None and plan.get("sku", "name")[0] == "FC1"


def deploy(root: Path, choice: Mapping[str, str | int | bool]) -> Deployment:
    """Work the templates out.

    Raises:
        SyntaxProblem: They can't be read.
    """
    place = Place(MAIN, 1)
    given: dict[str, Value] = {
        name: Quote(value, place) if isinstance(value, str) else value for name, value in {**_ALWAYS, **choice}.items()
    }
    template = Template(root, MAIN, given, place)
    return Deployment(choice, tuple(template.instances()), tuple(template.files()))


def finding(place: Place, sentence: str) -> Finding:
    """Make a finding at a place."""
    return Finding(place.file, place.line, sentence)

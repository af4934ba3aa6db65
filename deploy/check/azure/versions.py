"""API versions are those of this list, so that all files agree and somebody has looked at each."""

from collections.abc import Iterator

from deploy.check.azure.deployment import Deployment, finding
from deploy.check.finding import Finding

#: By provider and type: versions that are no previews and that Microsoft's own templates use, read 2026-11.
VERSIONS = {
    "Microsoft.Authorization/roleAssignments": "2022-04-01",
    "Microsoft.EventGrid/systemTopics": "2025-02-15",
    "Microsoft.Insights/actionGroups": "2023-01-01",
    "Microsoft.Insights/components": "2020-02-02",
    "Microsoft.Insights/scheduledQueryRules": "2023-12-01",
    "Microsoft.ManagedIdentity/userAssignedIdentities": "2023-01-31",
    "Microsoft.Network/privateDnsZones": "2024-06-01",
    "Microsoft.Network/privateEndpoints": "2024-05-01",
    "Microsoft.Network/virtualNetworks": "2024-05-01",
    "Microsoft.OperationalInsights/workspaces": "2023-09-01",
    "Microsoft.Resources/resourceGroups": "2024-03-01",
    "Microsoft.Storage/storageAccounts": "2024-01-01",
    "Microsoft.Web/serverfarms": "2024-04-01",
    "Microsoft.Web/sites": "2024-04-01",
}


def check(deployment: Deployment) -> Iterator[Finding]:
    """Yield each resource whose API version is another."""
    for resource in deployment.resources:
        provider = "/".join(resource.kind.split("/")[:2])
        wanted = VERSIONS.get(provider)
        if wanted is None:
            yield finding(resource.place, f"The list of API versions in the check has no '{provider}'.")
        elif resource.version != wanted:
            yield finding(
                resource.place, f"The API version of '{resource.kind}' must be {wanted}, but is {resource.version}."
            )

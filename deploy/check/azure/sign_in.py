"""App Service signs people in exactly where the app believes it, and as docs/security.md says that it must."""

from collections.abc import Iterator, Mapping

from deploy.check.azure.deployment import MAIN, SITE, Deployment, finding
from deploy.check.bicep.template import Instance
from deploy.check.bicep.tree import Place
from deploy.check.bicep.values import Properties, Symbol, Value
from deploy.check.finding import Finding

#: The properties that a part has, each with its own; empty for a value, and for a part that is never used.
Names = Mapping[str, "Names"]


def _leaves(names: str) -> dict[str, Names]:
    return {name: {} for name in names.split()}


_ENTRA: Names = {
    "enabled": {},
    "isAutoProvisioned": {},
    "login": _leaves("disableWWWAuthenticate loginParameters"),
    "registration": _leaves(
        "clientId clientSecretCertificateIssuer clientSecretCertificateSubjectAlternativeName "
        "clientSecretCertificateThumbprint clientSecretSettingName openIdIssuer"
    ),
    "validation": {
        "allowedAudiences": {},
        "defaultAuthorizationPolicy": _leaves("allowedApplications allowedPrincipals"),
        "jwtClaimChecks": _leaves("allowedClientApplications allowedGroups"),
    },
}
#: Of authsettingsV2: learn.microsoft.com/azure/templates/microsoft.web/sites/config-authsettingsv2, read 2026-12.
NAMES: Names = {
    "globalValidation": _leaves("excludedPaths redirectToProvider requireAuthentication unauthenticatedClientAction"),
    "httpSettings": {
        "forwardProxy": _leaves("convention customHostHeaderName customProtoHeaderName"),
        "requireHttps": {},
        "routes": _leaves("apiPrefix"),
    },
    "identityProviders": {
        "azureActiveDirectory": _ENTRA,
        **_leaves("apple azureStaticWebApps customOpenIdConnectProviders facebook gitHub google"),
        **_leaves("legacyMicrosoftAccount twitter"),
    },
    "login": {
        "allowedExternalRedirectUrls": {},
        "cookieExpiration": _leaves("convention timeToExpiration"),
        "nonce": _leaves("nonceExpirationInterval validateNonce"),
        "preserveUrlFragmentsForLogins": {},
        "routes": _leaves("logoutEndpoint"),
        "tokenStore": _leaves("azureBlobStorage enabled fileSystem tokenRefreshExtensionHours"),
    },
    "platform": _leaves("configFilePath enabled runtimeVersion"),
}
_PROVIDER = ("identityProviders", "azureActiveDirectory")
_WANTED: Mapping[tuple[str, ...], Value] = {
    ("platform", "enabled"): True,
    ("globalValidation", "requireAuthentication"): False,
    ("httpSettings", "requireHttps"): True,
    (*_PROVIDER, "enabled"): True,
    ("login", "tokenStore", "enabled"): False,
}


def check(deployment: Deployment) -> Iterator[Finding]:
    """Yield what is wrong."""
    settings, place = deployment.app_settings
    authentication = _config(deployment, "authsettingsV2")
    is_believed = deployment.settings.easy_auth
    if is_believed and authentication is None:
        sentence = "EASY_AUTH must be false where App Service signs nobody in: anybody could write its header."
        yield finding(settings.places.get("EASY_AUTH", place), sentence)
    if authentication and not is_believed:
        yield finding(place, "EASY_AUTH must be 'true' where App Service signs people in.")
    if "signInClientId" not in deployment.choice:
        if authentication:
            yield finding(authentication.place, "App Service must sign nobody in without signInClientId.")
    elif authentication is None:
        yield finding(Place(MAIN, 1), "With signInClientId App Service must sign people in (authsettingsV2).")
    else:
        yield from _authentication(authentication, deployment)
        yield from _order(deployment)


def _config(deployment: Deployment, name: str) -> Instance | None:
    return next((each for each in deployment.creations(f"{SITE}/config") if each.name == name), None)


def _authentication(authentication: Instance, deployment: Deployment) -> Iterator[Finding]:
    properties, place = authentication.get("properties")
    if not isinstance(properties, Properties):
        yield finding(place, "authsettingsV2 must have properties.")
        return
    yield from _names(properties, NAMES)
    for path, wanted in _WANTED.items():
        value, place = authentication.get("properties", *path)
        if value is not wanted:
            yield finding(place, f"{'.'.join(path)} must be {str(wanted).lower()}.")
    action, place = authentication.get("properties", "globalValidation", "unauthenticatedClientAction")
    if action != "AllowAnonymous":
        sentence = "Who has not signed in must pass ('AllowAnonymous'): callers with keys and probes can't sign in."
        yield finding(place, sentence)
    providers, place = authentication.get("properties", "identityProviders")
    if not isinstance(providers, Properties) or set(providers) != {_PROVIDER[-1]}:
        yield finding(place, "Entra ID alone may sign people in: others let their users choose what they claim.")
    yield from _registration(authentication, deployment)


def _registration(authentication: Instance, deployment: Deployment) -> Iterator[Finding]:
    """Yield what differs from the registration that the parameters name."""
    client = deployment.choice["signInClientId"]
    tenant = deployment.choice.get("signInTenantId", "<subscription().tenantId>")
    registration = ("properties", *_PROVIDER, "registration")
    found, place = authentication.get(*registration, "clientId")
    if found != client:
        yield finding(place, "clientId must be signInClientId.")
    found, place = authentication.get(*registration, "openIdIssuer")
    if found != f"<environment().authentication.loginEndpoint>{tenant}/v2.0":
        yield finding(place, "openIdIssuer must be the tenant's own: nobody of another tenant may sign in.")
    found, place = authentication.get("properties", *_PROVIDER, "validation", "allowedAudiences")
    if found != [client, f"api://{client}"]:
        yield finding(place, "allowedAudiences must be the registration alone: its client id, and 'api://' before it.")


def _names(properties: Properties, known: Names) -> Iterator[Finding]:
    """Yield each name that Azure would pass over or refuse."""
    for name, value in properties.items():
        if name not in known:
            yield finding(properties.places[name], f"authsettingsV2 has no property '{name}' here.")
        elif known[name] and isinstance(value, Properties):
            yield from _names(value, known[name])


def _order(deployment: Deployment) -> Iterator[Finding]:
    """EASY_AUTH may not count for a moment before App Service takes the header off requests."""
    settings = _config(deployment, "appsettings")
    before, place = settings.get("dependsOn") if settings else (None, Place(MAIN, 1))
    names = [each.name for each in before if isinstance(each, Symbol)] if isinstance(before, list) else []
    if "authentication" not in names:
        yield finding(place, "The app's settings must wait for the authentication (dependsOn).")

"""Errors in how deploy/azure lets people sign in, each of which the check must find."""

from tests.unit.deploy.azure_faults import Fault

FILE = "authentication.bicep"
SIGN_IN_FAULTS = {
    "an app that believes a header which nobody takes off": Fault(
        "main.bicep",
        "empty(signInClientId) ? {} : { EASY_AUTH: 'true' }",
        "{ EASY_AUTH: 'true' }",
        "EASY_AUTH must be false where App Service signs nobody in: anybody could write its header.",
    ),
    "an app that believes nobody who has signed in": Fault(
        "main.bicep",
        "empty(signInClientId) ? {} : { EASY_AUTH: 'true' }",
        "empty(signInClientId) ? {} : { EASY_AUTH: 'false' }",
        "EASY_AUTH must be 'true' where App Service signs people in.",
        where="flex.bicep",
    ),
    "an authentication that nobody chose": Fault(
        "premium.bicep",
        "= if (!empty(signIn.clientId)) {",
        "= {",
        "App Service must sign nobody in without signInClientId.",
        where=FILE,
    ),
    "a choice that turns nothing on": Fault(
        "flex.bicep",
        "if (!empty(signIn.clientId))",
        "if (empty(signIn.clientId))",
        "With signInClientId App Service must sign people in (authsettingsV2).",
        where="main.bicep",
    ),
    "settings that count before the authentication": Fault(
        "flex.bicep",
        "    dependsOn: [authentication]\n",
        "",
        "The app's settings must wait for the authentication (dependsOn).",
    ),
    "an authentication that is off": Fault(
        FILE, "platform: { enabled: true }", "platform: { enabled: false }", "platform.enabled must be true."
    ),
    "an authentication that sends probes away": Fault(
        FILE,
        "'AllowAnonymous'",
        "'Return401'",
        "Who has not signed in must pass ('AllowAnonymous'): callers with keys and probes can't sign in.",
    ),
    "an authentication that callers with keys must pass": Fault(
        FILE,
        "requireAuthentication: false",
        "requireAuthentication: true",
        "globalValidation.requireAuthentication must be false.",
    ),
    "a session in plain text": Fault(
        FILE, "requireHttps: true", "requireHttps: false", "httpSettings.requireHttps must be true."
    ),
    "a provider that is off": Fault(
        FILE,
        "          enabled: true\n",
        "",
        "identityProviders.azureActiveDirectory.enabled must be true.",
    ),
    "tokens that are kept": Fault(
        FILE,
        "tokenStore: { enabled: false }",
        "tokenStore: { enabled: true }",
        "login.tokenStore.enabled must be false.",
    ),
    "a second provider": Fault(
        FILE,
        "      identityProviders: {\n",
        "      identityProviders: {\n        gitHub: { enabled: true }\n",
        "Entra ID alone may sign people in: others let their users choose what they claim.",
    ),
    "another registration": Fault(FILE, "clientId: clientId,", "clientId: 'a',", "clientId must be signInClientId."),
    "people of every tenant": Fault(
        "main.bicep",
        "${empty(signInTenantId) ? subscription().tenantId : signInTenantId}",
        "common",
        "openIdIssuer must be the tenant's own: nobody of another tenant may sign in.",
    ),
    "a tenant that is passed over": Fault(
        "main.bicep",
        "${empty(signInTenantId) ? subscription().tenantId : signInTenantId}",
        "${subscription().tenantId}",
        "openIdIssuer must be the tenant's own: nobody of another tenant may sign in.",
    ),
    "tokens for other apps": Fault(
        FILE,
        "'api://${clientId}'",
        "'https://management.azure.com'",
        "allowedAudiences must be the registration alone: its client id, and 'api://' before it.",
    ),
    "a property of another spelling": Fault(
        FILE,
        "openIdIssuer: issuer",
        "openIdIssuerUrl: issuer",
        "authsettingsV2 has no property 'openIdIssuerUrl' here.",
    ),
    "a property in another place": Fault(
        FILE,
        "      platform: { enabled: true }\n",
        "      platform: { enabled: true }\n      unauthenticatedClientAction: 'Return401'\n",
        "authsettingsV2 has no property 'unauthenticatedClientAction' here.",
    ),
}

// Lets people and apps sign in by Entra ID before a request reaches the app. Who has not signed in passes, too: the API itself
// refuses them, and takes keys; probes, the empty page of the dashboard and Event Grid's webhook have nobody who could sign in.
param appName string
@description('The registration in Entra ID: its client id.')
param clientId string
@description('Whose tokens count.')
param issuer string

resource app 'Microsoft.Web/sites@2024-04-01' existing = {
  name: appName

  resource authentication 'config' = {
    name: 'authsettingsV2'
    properties: {
      platform: { enabled: true }
      globalValidation: { requireAuthentication: false, unauthenticatedClientAction: 'AllowAnonymous' }
      httpSettings: { requireHttps: true }
      identityProviders: {
        azureActiveDirectory: {
          enabled: true
          registration: { clientId: clientId, openIdIssuer: issuer }
          // Of programs. Tokens of people are for the client id.
          validation: { allowedAudiences: [clientId, 'api://${clientId}'] }
        }
      }
      // The app asks nobody else in the name of who has signed in.
      login: { tokenStore: { enabled: false } }
    }
  }
}

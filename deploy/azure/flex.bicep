// The app on Flex Consumption. It scales HTTP, blob triggers and each other function by itself.
param name string
param location string
param tags object
param identityId string
@description('URL of the container that has the package.')
param packages string
param instanceMemoryMB int
param maximumInstanceCount int
param alwaysReady array
@description('Empty: no virtual network.')
param subnetId string
@description('clientId and issuer; an empty clientId: nobody signs in.')
param signIn object
param settings object

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-${name}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'darkroom' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: { minTlsVersion: '1.2' }
    functionAppConfig: {
      runtime: { name: 'python', version: '3.13' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packages
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReady
        // As host.json has it: claims that wait share an instance. The default for Python is 1.
        triggers: { http: { perInstanceConcurrency: 100 } }
      }
    }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    // Before the app believes App Service, App Service must check who signs in.
    dependsOn: [authentication]
    properties: settings
  }
}

module authentication 'authentication.bicep' = if (!empty(signIn.clientId)) {
  name: 'authentication'
  params: { appName: app.name, clientId: signIn.clientId, issuer: signIn.issuer }
}

// The app on Premium, Linux. It runs from a package in storage: without it, it would need a file share, and that a key.
param name string
param location string
param tags object
param identityId string
@description('URL of the package, which the app reads by its identity.')
param package string
param maximumInstanceCount int
@description('Empty: no virtual network.')
param subnetId string
@description('clientId and issuer; an empty clientId: nobody signs in.')
param signIn object
param settings object

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-${name}'
  location: location
  tags: tags
  kind: 'elastic'
  sku: { name: 'EP1', tier: 'ElasticPremium' }
  properties: { reserved: true, maximumElasticWorkerCount: maximumInstanceCount }
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
    siteConfig: {
      linuxFxVersion: 'Python|3.13'
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
      // Behind private endpoints the scale controller does not see the queue; the host tells it.
      functionsRuntimeScaleMonitoringEnabled: true
      vnetRouteAllEnabled: true
    }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    // Before the app believes App Service, App Service must check who signs in.
    dependsOn: [authentication]
    properties: union(settings, {
      FUNCTIONS_EXTENSION_VERSION: '~4'
      FUNCTIONS_WORKER_RUNTIME: 'python'
      WEBSITE_RUN_FROM_PACKAGE: package
      WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID: identityId
    })
  }
}

module authentication 'authentication.bicep' = if (!empty(signIn.clientId)) {
  name: 'authentication'
  params: { appName: app.name, clientId: signIn.clientId, issuer: signIn.issuer }
}

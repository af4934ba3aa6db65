// Darkroom on Azure, without a key anywhere: see docs/azure.md. `python -m deploy.check` holds it against the code.
targetScope = 'subscription'

@description('Name of the environment; azd asks for it.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Region of everything.')
@minLength(1)
param location string

@description('Who operates Darkroom, by the object id in Entra ID: may upload images and run the command. Empty: nobody.')
param operatorId string = ''

@description('Flex Consumption, or Premium (EP1).')
@allowed(['Flex', 'Premium'])
param plan string = 'Flex'

@description('Memory of an instance on Flex Consumption.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('How many instances all functions may have together. Each takes up to ANALYSIS_PROCESSES images at once.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Who tells of new images: Event Grid by the job queue, or the blob trigger by a webhook of Event Grid.')
@allowed(['Queue', 'Trigger'])
param blobSource string = 'Queue'

@description('Whether storage is reached by private endpoints alone.')
param privateEndpoints bool = false

@description('Who is told of alerts. Empty: they are listed in the portal alone.')
param alertEmail string = ''

@description('By which registration in Entra ID people and apps sign in: its client id. Empty: nobody does.')
param signInClientId string = ''

@description('The tenant of that registration. Empty: that of the subscription.')
param signInTenantId string = ''

var tags = { 'azd-env-name': environmentName }
var token = toLower(uniqueString(subscription().id, environmentName, location))
var appName = 'func-${token}'
// The names that the code has as defaults.
var names = {
  images: 'images'
  thumbnails: 'thumbnails'
  deadLetters: 'dead-letters'
  packages: 'packages'
  jobQueue: 'image-jobs'
  poisonQueue: 'image-jobs-poison'
  jobsTable: 'darkroomjobs'
  locksTable: 'darkroomlocks'
}
// What fits into an instance: docs/sizing.md.
var sizes = {
  '512': {
    ANALYSIS_PROCESSES: '1'
    ANALYSIS_MEMORY_BYTES: '335544320'
    MAX_DECODE_BYTES: '201326592'
    MAX_BYTES: '33554432'
    AzureFunctionsJobHost__extensions__queues__batchSize: '1'
    AzureFunctionsJobHost__extensions__queues__newBatchThreshold: '1'
  }
  '2048': { ANALYSIS_PROCESSES: '2', ANALYSIS_MEMORY_BYTES: '1300000000', MAX_DECODE_BYTES: '512000000' }
  '4096': { ANALYSIS_PROCESSES: '4', ANALYSIS_MEMORY_BYTES: '2600000000', MAX_DECODE_BYTES: '512000000' }
}
var triggered = blobSource == 'Trigger'
// One parameter decides both what App Service does and what the app believes (EASY_AUTH).
var signIn = {
  clientId: signInClientId
  issuer: '${environment().authentication.loginEndpoint}${empty(signInTenantId) ? subscription().tenantId : signInTenantId}/v2.0'
}
var settings = union(
  {
    AzureWebJobsStorage__accountName: storage.outputs.name
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identity.outputs.clientId
    APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.outputs.clientId};Authorization=AAD'
    PYTHON_THREADPOOL_THREAD_COUNT: '32'
    // The only source of a blob trigger that Flex Consumption takes, also while the trigger is disabled.
    BLOB_SOURCE: 'EventGrid'
    'AzureWebJobs.record_image.Disabled': triggered ? 'false' : 'true'
    'AzureWebJobs.bury_blob_events.Disabled': triggered ? 'false' : 'true'
  },
  sizes[plan == 'Flex' ? string(instanceMemoryMB) : '2048'],
  triggered
    ? {
        AzureWebJobsStorage__blobServiceUri: storage.outputs.blobEndpoint
        AzureWebJobsStorage__queueServiceUri: storage.outputs.queueEndpoint
      }
    : {},
  empty(signInClientId) ? {} : { EASY_AUTH: 'true' }
)

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'identity.bicep' = {
  name: 'identity'
  scope: group
  params: { name: 'id-${token}', location: location, tags: tags }
}

module storage 'storage.bicep' = {
  name: 'storage'
  scope: group
  params: { name: 'st${token}', location: location, tags: tags, names: names, privateEndpoints: privateEndpoints }
}

module monitoring 'monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: { token: token, location: location, tags: tags }
}

module roles 'roles.bicep' = {
  name: 'roles'
  scope: group
  params: {
    storageName: storage.outputs.name
    insightsName: monitoring.outputs.name
    appId: identity.outputs.principalId
    operatorId: operatorId
  }
}

module network 'network.bicep' = if (privateEndpoints) {
  name: 'network'
  scope: group
  params: { token: token, location: location, tags: tags, plan: plan, storageName: storage.outputs.name }
}

module flex 'flex.bicep' = if (plan == 'Flex') {
  name: 'flex'
  scope: group
  params: {
    name: appName
    location: location
    tags: tags
    identityId: identity.outputs.id
    packages: '${storage.outputs.blobEndpoint}${names.packages}'
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    // Microsoft advises one instance that is always ready for blob triggers: the webhook must find somebody.
    alwaysReady: triggered ? [{ name: 'blob', instanceCount: 1 }] : []
    subnetId: privateEndpoints ? network.outputs.subnetId : ''
    signIn: signIn
    settings: settings
  }
  dependsOn: [roles]
}

module premium 'premium.bicep' = if (plan == 'Premium') {
  name: 'premium'
  scope: group
  params: {
    name: appName
    location: location
    tags: tags
    identityId: identity.outputs.id
    package: '${storage.outputs.blobEndpoint}${names.packages}/darkroom.zip'
    maximumInstanceCount: min(maximumInstanceCount, 100)
    subnetId: privateEndpoints ? network.outputs.subnetId : ''
    signIn: signIn
    settings: settings
  }
  dependsOn: [roles]
}

module events 'events.bicep' = {
  name: 'events'
  scope: group
  params: {
    name: 'evgt-${token}'
    location: location
    tags: tags
    storageName: storage.outputs.name
    names: names
    toQueue: !triggered
  }
}

module alerts 'alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: { location: location, tags: tags, insightsName: monitoring.outputs.name, email: alertEmail }
}

output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_NAME string = appName
output AZURE_STORAGE_NAME string = storage.outputs.name
output AZURE_SYSTEM_TOPIC_NAME string = events.outputs.name

// What the app and its operator may do. The description of each assignment says who needs it, and what for.
param storageName string
param insightsName string
param appId string
param operatorId string

var blobOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var blobContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var queueContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
var tableContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

var appRoles = [
  {
    role: blobOwner
    reason: 'Functions host: leases of the timers, keys of the API, the package. record_image, analyze_queued, reconcile_images: read images. api, analyze_queued, purge_ended: write and delete images and thumbnails.'
  }
  {
    role: queueContributor
    reason: 'analyze_queued: receives messages, hides them longer (which Message Processor may not) and deletes them. api, analyze_pending, reconcile_images: send messages, read lengths, take in poison messages.'
  }
  {
    role: tableContributor
    reason: 'All functions: jobs and locks. Functions host: its diagnostic events.'
  }
]
var operatorRoles = [
  { role: blobContributor, reason: 'Operator: uploads images. darkroom verify: reads thumbnails.' }
  { role: queueContributor, reason: 'Operator: darkroom redrive sends messages, darkroom init creates queues.' }
  { role: tableContributor, reason: 'Operator: darkroom verify, cancel, redrive and rejected read and write jobs.' }
]

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource app 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for each in appRoles: {
    name: guid(account.id, appId, each.role)
    scope: account
    properties: {
      principalId: appId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', each.role)
      description: each.reason
    }
  }
]

resource telemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, appId, metricsPublisher)
  scope: insights
  properties: {
    principalId: appId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
    description: 'Functions host: sends the log of all functions to Application Insights.'
  }
}

resource operator 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for each in operatorRoles: if (!empty(operatorId)) {
    name: guid(account.id, operatorId, each.role)
    scope: account
    properties: {
      principalId: operatorId
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', each.role)
      description: each.reason
    }
  }
]

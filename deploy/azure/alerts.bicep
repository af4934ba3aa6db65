// What an operator must know of. Traces are sampled: a row stands for itemCount lines, so none is counted by rows.
param location string
param tags object
param insightsName string
@description('Empty: nobody is told.')
param email string

var rules = [
  {
    name: 'sweep-age'
    text: 'No sweep has ended well for 15 minutes. Jobs whose messages were lost wait: restart the app.'
    severity: 1
    // Requests are not sampled, and the host counts each call of a timer: a sweep without work logs no line.
    query: '''
      requests
      | where name == "analyze_pending" and tostring(success) =~ "true"
      | summarize found = sum(itemCount)
    '''
    operator: 'LessThan'
    threshold: 1
    window: 'PT15M'
    frequency: 'PT5M'
  }
  {
    name: 'oldest-due-age'
    text: 'A job was due for more than 15 minutes when a sweep found it: more comes in than is worked on, or sweeps come late.'
    severity: 2
    query: '''
      traces
      | extend line = parse_json(message)
      | where tostring(line.event) == "sweep done"
      | summarize found = max(todouble(line.oldest_due_age_seconds))
    '''
    operator: 'GreaterThan'
    threshold: 900
    window: 'PT15M'
    frequency: 'PT5M'
  }
  {
    name: 'failed-share'
    text: 'More than a fifth of at least 20 jobs ended FAILED within an hour. Look their codes up in docs/design.md.'
    severity: 2
    query: '''
      traces
      | extend line = parse_json(message)
      | where tostring(line.event) in ("job completed", "job ended")
      | where tostring(line.code) !in ("canceled", "superseded", "blob_gone")
      | summarize failed = sumif(itemCount, tostring(line.event) == "job ended"), jobs = sum(itemCount)
      | extend found = iff(jobs < 20, 0.0, 100.0 * failed / jobs)
    '''
    operator: 'GreaterThan'
    threshold: 20
    window: 'PT1H'
    frequency: 'PT15M'
  }
  {
    name: 'poison'
    text: 'Messages were given up on. Their jobs go on or have ended with the code poison: an image may kill its workers.'
    severity: 2
    query: '''
      traces
      | extend line = parse_json(message)
      | where tostring(line.event) == "poison message left to the sweep"
          or (tostring(line.event) == "job ended" and tostring(line.code) == "poison")
      | summarize found = sum(itemCount)
    '''
    operator: 'GreaterThan'
    threshold: 0
    window: 'PT1H'
    frequency: 'PT15M'
  }
  {
    name: 'missed'
    text: 'The walk has found images that no event had announced. If this is not the first walk, check the event subscription.'
    severity: 3
    query: '''
      traces
      | extend line = parse_json(message)
      | where tostring(line.event) == "reconcile done"
      | summarize found = sum(itemCount * toint(line.missed))
    '''
    operator: 'GreaterThan'
    threshold: 0
    window: 'PT6H'
    frequency: 'PT1H'
  }
]

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'darkroom'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'darkroom'
    enabled: true
    emailReceivers: [{ name: 'operator', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: 'darkroom-${rule.name}'
    location: location
    tags: tags
    properties: {
      displayName: 'Darkroom: ${rule.name}'
      description: rule.text
      severity: rule.severity
      enabled: true
      scopes: [insights.id]
      evaluationFrequency: rule.frequency
      windowSize: rule.window
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Maximum'
            metricMeasureColumn: 'found'
            operator: rule.operator
            threshold: rule.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      autoMitigate: true
      actions: { actionGroups: empty(email) ? [] : [people.id] }
    }
  }
]

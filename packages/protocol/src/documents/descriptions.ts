import type { JsonObject } from './json-schema.ts';

/**
 * What the fields mean: by name, or by owner and name where one name means several things. They live here and not in
 * the schemas, because the schemas travel to every browser.
 */
const descriptions: Readonly<Record<string, string>> = {
  type: 'Which message this is.',
  diagnosis_id: 'The diagnosis, from 1 to 2^53 − 1.',
  data: 'What the message says.',
  timestamp: 'When the server made the message: ISO 8601, UTC.',
  epoch: "Identity of this life of the diagnosis's log. Offsets of different epochs cannot be compared.",
  offset: "The publication's place in the log of its diagnosis: 1, 2, 3 … within an epoch.",

  'connect.data': 'Where the topic stands, and what became of missed publications.',
  'data.message': 'A text for people.',
  'data.epoch': "Epoch of the diagnosis's log.",
  'data.offset': 'Offset of the newest publication; 0 when there is none.',
  'data.id': 'The id of the ping.',
  user_id: 'Who the subscriber is: the `sub` of the token.',
  session_id: 'Names this connection in the log of the server.',
  recovery: 'What became of the publications before this subscription.',
  'recovery.status':
    '`fresh`: no earlier position was known. `recovered`: every missed publication follows. `gap`: some can no longer be supplied; the retained ones follow.',
  'recovery.from': 'Delivery continues after this position.',
  'recovery.to': "The topic's top when the subscription began: publications up to here are older than it.",
  'recovery.count': 'How many publications between `from` and `to` follow for this subscriber.',
  'recovery.reason':
    '`retention`: the log no longer holds them. `epoch_changed`: the log lost its past and began anew. `position_unknown`: the position lies beyond the newest publication.',
  last_seen: 'The position that could not be continued.',
  first_available:
    'The oldest publication that still follows, or the next one to be published when none does.',

  old_recommendation: 'The recommendation until now.',
  new_recommendation: 'The recommendation from now on.',
  old_data: 'The recommendation until now. Further fields are allowed and carried.',
  new_data: 'The recommendation from now on. Further fields are allowed and carried.',
  herb: 'Name of the herb.',
  dosage: 'How much, for example `2 g`.',
  frequency: 'How often, for example `twice a day`.',
  reason: 'Why it changed.',
  changed_fields:
    'Names of the fields that were added, removed or changed, in alphabetical order. Computed by the server.',

  recommendation_id: 'Which recommendation, in the terms of the publisher.',
  new_effectiveness: 'The effectiveness now, from 0 to 1.',
  old_effectiveness: 'The effectiveness before, from 0 to 1.',
  confidence: 'How certain the effectiveness is, from 0 to 1.',
  sample_size: 'How many observations the effectiveness rests on.',
  improvement: '`new_effectiveness` − `old_effectiveness`; computed by the server when the old one is known.',

  feedback_id: 'Which feedback, in the terms of the publisher.',
  rating: 'From 1 (worst) to 5 (best).',
  effectiveness: 'How well it helped, from 0 to 1.',
  comment: "The patient's words.",

  token: 'A JSON Web Token that proves who the client is.',
  after:
    'Where the subscription starts: a position (`epoch:offset`), `earliest` or `latest`. Without it: after what the user received last.',
  'ping.id': 'Any text of at most 64 characters or integer; the pong repeats it.',

  'error.code': 'Why the command was refused; see the table of error codes.',
  'error.message': 'A text for developers.',
  'error.diagnosis_id': 'The diagnosis that the refused command named.',
  'error.error': 'What is wrong; see the table of error codes.',
  issues: 'The offending fields of an invalid body.',
  path: 'Names of fields and indexes from the outside in, joined by dots; empty for the whole.',
  'issues.message': 'What was expected there.',
  'disconnect.code': 'The close code that follows.',
  'disconnect.reason': 'The reason of the close; see the table of close codes.',
  reconnect: 'Whether trying again can help.',
  retry_after_ms: 'Reconnect at a random moment within this many milliseconds.',

  messages: 'What is published, in this order.',
  'messages.type': 'Which message is published.',
  idempotency_key:
    'Makes a retry of this message return its first answer instead of publishing twice, like the header `Idempotency-Key` of an endpoint that publishes one.',
  results: 'What became of each message, in their order.',
  'results.status':
    '`broadcasted`: the publication is in the log. `refused`: see `error`; the other messages are not affected.',
  'results.error': 'Why the message was refused; see the table of error codes.',
  'results.message': 'A text for developers.',
  to: 'When given, only the sessions of this user receive the publication. It keeps its place in the order.',
  'broadcast.status': 'Always `broadcasted`: the publication is in the log.',
  clients_notified: 'Connected subscriptions that may see the publication, when it was published.',
  total_diagnoses: 'Diagnoses with at least one connection.',
  total_connections: 'Open connections.',
  connections_by_diagnosis:
    'Subscriptions by diagnosis id. Empty without a token that has the scope `broadcast`.',
  queued_messages_by_diagnosis:
    'Retained publications that nobody has received yet, by diagnosis id. Empty without a token that has the scope `broadcast`.',
};

/** Adds the known descriptions to the fields of a JSON Schema. A description that is there already stays. */
export function describeFields(schema: JsonObject, owner: string): JsonObject {
  const result: JsonObject = { ...schema };
  for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
    const parts = schema[keyword];
    if (Array.isArray(parts))
      result[keyword] = parts.map((part) => describeFields(part as JsonObject, owner));
  }
  if (isObject(schema['items'])) result['items'] = describeFields(schema['items'], owner);
  if (isObject(schema['properties'])) {
    result['properties'] = Object.fromEntries(
      Object.entries(schema['properties']).map(([name, field]) => [
        name,
        describeField(field as JsonObject, owner, name),
      ]),
    );
  }
  return result;
}

function describeField(schema: JsonObject, owner: string, name: string): JsonObject {
  const description = descriptions[`${owner}.${name}`] ?? descriptions[name];
  return { ...(description !== undefined && { description }), ...describeFields(schema, name) };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The mapping and the sample that the editor opens with: each way to fill a field, once. */
export const EXAMPLE = `# where the list of records is; leave out for a single one
each: events

fields:
  action:
    from: kind
    map: { LOGIN: user.login, LOGOUT: user.logout, "*": idp.other }
  outcome: { from: ok, map: { "true": success, "false": failure } }
  reason: error
  occurred_at: at
  actor.id: who.id
  actor.name: who.name
  source.ip: { from: [client.ip, remote] } # the first there is
  service: { value: legacy-idp } # a constant
  target.id: application

# all (default), none, or a list of paths
metadata: [tenant]
`;

export const SAMPLE = `{
  "events": [
    {
      "kind": "LOGIN",
      "ok": false,
      "error": "bad_password",
      "at": "2026-11-23T12:00:00Z",
      "who": { "id": "u_42", "name": "Ana" },
      "client": { "ip": "203.0.113.7:51234" },
      "application": "crm",
      "tenant": "acme"
    }
  ]
}
`;

/** GitHub webhooks: who did what to which repository or organisation. */
import { addressIn, clip, compact, instantOf, record, said, storable } from "@/lib/ingest/readers/text";
import type { ProtocolItem } from "./protocol";

/** Names by which our rules know some of GitHub's events. */
const ACTIONS: Record<string, string> = {
  "deploy_key.created": "key.create",
  "member.added": "role.grant",
  "organization.member_added": "role.grant",
  "team.added_to_repository": "role.grant",
  "repository.publicized": "repository.publicize",
  "secret_scanning_alert.created": "secret.leak",
};

/** A payload of more than this is kept by its main parts only, in characters. */
const WHOLE_PAYLOAD = 32_768;

/** The item of one delivery. `kind` and `delivery` are GitHub's headers. */
export function githubEvent(sent: unknown, { kind, delivery }: { kind: string; delivery: string | undefined }): ProtocolItem {
  const payload = record(sent);
  const [sender, repository, organization, member] = [
    record(payload.sender),
    record(payload.repository),
    record(payload.organization),
    record(payload.member),
  ];
  const name = [kind || "webhook", said(payload.action)].filter(Boolean).join(".");
  const target = (type: string, value: unknown) =>
    said(value) === undefined ? [] : [{ type, id: clip(storable(said(value) ?? ""), 256) }];
  const login = said(sender.login);
  const whole = JSON.stringify(payload);
  return {
    value: compact({
      id: clip(delivery === undefined ? undefined : `github/${delivery}`, 256),
      occurred_at: instantOf(payload["@timestamp"]),
      action: clip(ACTIONS[name] ?? `github.${name}`, 128),
      outcome: "success",
      service: "github",
      actor: login === undefined ? undefined : compact({ type: said(sender.type)?.toLowerCase(), id: clip(storable(login), 256) }),
      source: compact({ ip: addressIn(payload.actor_ip) }),
      targets: [
        ...target("repository", repository.full_name),
        ...target("organization", organization.login),
        ...target("user", member.login),
      ],
      metadata: compact({
        github_event: name,
        ref: clip(said(payload.ref), 1024),
        forced: payload.forced === true ? true : undefined,
        payload: whole.length <= WHOLE_PAYLOAD ? payload : undefined,
      }),
    }),
  };
}

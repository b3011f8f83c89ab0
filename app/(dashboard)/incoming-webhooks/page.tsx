import type { Metadata } from "next";
import { currentContext } from "@/app/session";
import { Card } from "@/app/ui/card";
import { Code, CodeBlock } from "@/app/ui/code";
import { PageHeader } from "@/app/ui/page-header";
import { NoPermission } from "@/app/ui/states";
import { listApiKeys } from "@/lib/access/api-keys";
import { may } from "@/lib/access/require-permission";
import { config } from "@/lib/config";
import { listWebhookMappings } from "@/lib/ingest/webhook-mappings";
import { plural } from "@/lib/model/format";
import { GithubSecret } from "./github-secret";
import styles from "./incoming-webhooks.module.css";
import { MappingEditor } from "./mapping-editor";

export const metadata: Metadata = { title: "Incoming webhooks" };

/** Where identity providers and forges send their events, and how anything else is read. */
export default async function IncomingWebhooksPage() {
  const ctx = await currentContext();
  if (!may(ctx, "key:read")) return <NoPermission what="see the incoming webhooks" />;
  const change = may(ctx, "key:write");
  const [mappings, keys] = await Promise.all([listWebhookMappings(ctx), listApiKeys(ctx)]);
  const usable = keys.filter((key) => !key.revokedAt && key.scopes.includes("ingest")).map(({ id, name }) => ({ id, name }));
  const base = `${config().BASE_URL}/api/webhooks`;
  return (
    <>
      <PageHeader
        title="Let identity providers and forges tell what happens there."
        proof={
          mappings.length === 0
            ? "Auth0, Okta and GitHub are known; anything else is read by a mapping of yours."
            : `${plural(mappings.length, "mapping")} of yours, besides Auth0, Okta and GitHub.`
        }
      />
      <div className={styles.known}>
        <Card title="Auth0">
          <p className="muted">
            A custom webhook under Monitoring, Streams. Authorization Token: an API key that may send events. Content format: any of the
            JSON ones.
          </p>
          <div className={styles.stack}>
            <CodeBlock name="Payload URL" code={`${base}/auth0`} prompt=" " />
          </div>
        </Card>
        <Card title="Okta">
          <p className="muted">
            An event hook under Workflow. Authentication field <Code>Authorization</Code>, secret: an API key that may send events. Verify
            works at once.
          </p>
          <div className={styles.stack}>
            <CodeBlock name="URL" code={`${base}/okta`} prompt=" " />
          </div>
        </Card>
        <Card title="GitHub">
          <p className="muted">
            A webhook of a repository or an organisation, content type JSON. It signs what it sends with a secret of its own for each API
            key.
          </p>
          {change ? (
            <GithubSecret base={`${base}/github`} keys={usable} />
          ) : (
            <p className="faint">An administrator can show address and secret.</p>
          )}
        </Card>
      </div>
      <Card title="Anything else that posts JSON">
        <p className="muted">
          A mapping says which of the sender&apos;s fields becomes which field of the event. The sender posts to{" "}
          <Code>{`${base}/custom/NAME`}</Code> with an API key.
        </p>
        <MappingEditor mappings={mappings.map(({ name, yaml, updatedBy }) => ({ name, yaml, updatedBy }))} mayChange={change} />
      </Card>
    </>
  );
}

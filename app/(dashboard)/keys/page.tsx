import type { Metadata } from "next";
import { currentContext } from "@/app/session";
import { Dot } from "@/app/ui/badge";
import { Card } from "@/app/ui/card";
import { PageHeader } from "@/app/ui/page-header";
import { EmptyState, NoPermission } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { Ago, Time } from "@/app/ui/time";
import { listApiKeys } from "@/lib/access/api-keys";
import { may } from "@/lib/access/require-permission";
import { formatBytes, formatCount, plural } from "@/lib/model/format";
import type { ApiKey } from "@/lib/store/api-keys";
import { listKeyUse } from "@/lib/store/health-reads";
import { KeyActions } from "./key-actions";
import { NewKey } from "./new-key";
import styles from "./keys.module.css";

export const metadata: Metadata = { title: "API keys" };

const DAY = 86_400_000;
const SOON = 14 * DAY;
const SCOPES: Record<string, string> = { ingest: "sends", read: "reads", import: "imports", rules: "changes rules" };

function State({ apiKey, now }: { apiKey: ApiKey; now: number }) {
  const ends = apiKey.expiresAt?.getTime();
  if (apiKey.revokedAt) return <Dot tone="info">Revoked</Dot>;
  if (ends !== undefined && ends <= now) return <Dot tone="critical">Expired</Dot>;
  if (ends !== undefined && ends - now < SOON) return <Dot tone="medium">Ends soon</Dot>;
  return apiKey.lastUsedAt ? <Dot tone="ok">In use</Dot> : <Dot tone="info">Never used</Dot>;
}

function Limits({ apiKey, now }: { apiKey: ApiKey; now: number }) {
  const { services, allowedNetworks, eventsPerSecond, bytesPerSecond, dailyQuota, certificate, expiresAt, previousUntil } = apiKey;
  return (
    <ul className={styles.limits}>
      <li>{apiKey.scopes.map((scope) => SCOPES[scope] ?? scope).join(", ")}</li>
      <li>{services.length > 0 ? `for ${services.join(", ")}` : "for any service"}</li>
      <li>
        {allowedNetworks.length > 0
          ? `from ${allowedNetworks.slice(0, 3).join(", ")}${allowedNetworks.length > 3 ? " …" : ""}`
          : "from anywhere"}
      </li>
      {eventsPerSecond !== null && <li>at most {formatCount(eventsPerSecond)} a second</li>}
      {bytesPerSecond !== null && <li>at most {formatBytes(bytesPerSecond)} a second</li>}
      {dailyQuota !== null && <li>at most {formatCount(dailyQuota)} a day</li>}
      {certificate !== null && <li>with its TLS certificate</li>}
      {previousUntil && previousUntil.getTime() > now && (
        <li>
          its old secret until <Time at={previousUntil.getTime()} />
        </li>
      )}
      {expiresAt && (
        <li>
          until <Time at={expiresAt.getTime()} />
        </li>
      )}
    </ul>
  );
}

function sayKeys(live: number, idle: number): string {
  if (live === 0) return "No key is in force.";
  const rest = idle === 0 ? "" : idle === live ? ", not used" : `, ${formatCount(idle)} of them not used`;
  return `${plural(live, "key")} in force${rest}.`;
}

/** Which keys there are, what each may do, and whether it is used. */
export default async function KeysPage() {
  const ctx = await currentContext();
  if (!may(ctx, "key:read")) return <NoPermission what="see the API keys" />;
  const now = ctx.now.getTime();
  const [keys, use] = await Promise.all([listApiKeys(ctx, { limit: 200 }), listKeyUse(new Date(now - DAY))]);
  const live = keys.filter((key) => !key.revokedAt && (!key.expiresAt || key.expiresAt.getTime() > now));
  const idle = live.filter((key) => !key.lastUsedAt || now - key.lastUsedAt.getTime() > 90 * DAY).length;
  const change = may(ctx, "key:write");
  const columns: Column<ApiKey>[] = [
    {
      id: "name",
      header: "Key",
      phone: "title",
      cell: (key) => (
        <span className={styles.name}>
          <b className="strong">{key.name}</b>
          <code className="muted">{key.hint}</code>
        </span>
      ),
    },
    { id: "may", header: "May", cell: (key) => <Limits apiKey={key} now={now} /> },
    {
      id: "use",
      header: "Last 24 hours",
      align: "end",
      cell: (key) => (
        <span className="num">
          {formatCount(use.get(key.id)?.accepted ?? 0)}
          {(use.get(key.id)?.refused ?? 0) > 0 && (
            <span className={styles.refused}>{formatCount(use.get(key.id)?.refused ?? 0)} refused</span>
          )}
        </span>
      ),
    },
    {
      id: "last",
      header: "Last used",
      cell: (key) => (
        <span className="muted">
          {key.lastUsedAt ? (
            <>
              <Ago at={key.lastUsedAt.getTime()} />
              {key.lastUsedIp && (
                <span className={styles.from}>
                  from <span className="mono">{key.lastUsedIp}</span>
                </span>
              )}
            </>
          ) : (
            "never"
          )}
        </span>
      ),
    },
    { id: "state", header: "State", width: "120px", cell: (key) => <State apiKey={key} now={now} /> },
    ...(change
      ? [
          {
            id: "do",
            header: "",
            label: "Actions",
            align: "end" as const,
            width: "200px",
            cell: (key: ApiKey) =>
              !key.revokedAt && (
                <KeyActions
                  id={key.id}
                  name={key.name}
                  used={use.get(key.id)?.accepted ?? 0}
                  terms={{
                    name: key.name,
                    scopes: key.scopes,
                    services: key.services,
                    allowedNetworks: key.allowedNetworks,
                    eventsPerSecond: key.eventsPerSecond,
                    bytesPerSecond: key.bytesPerSecond,
                    burst: key.burst,
                    dailyQuota: key.dailyQuota,
                    certificate: key.certificate,
                    trustSourceIp: key.trustSourceIp,
                    expires: key.expiresAt?.toISOString().slice(0, 10) ?? "",
                  }}
                />
              ),
          },
        ]
      : []),
  ];
  return (
    <>
      <PageHeader
        title={sayKeys(live.length, idle)}
        proof="Only a hash of each key is kept. Change and revocation hold everywhere within a second."
        actions={change && <NewKey />}
      />
      <Card flush>
        <Table
          caption="API keys"
          columns={columns}
          rows={keys}
          rowKey={(key) => key.id}
          empty={<EmptyState title="There is no key yet.">Services send with a key of their own, and tools read with one.</EmptyState>}
        />
      </Card>
    </>
  );
}

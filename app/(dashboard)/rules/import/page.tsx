import type { Metadata } from "next";
import Link from "next/link";
import { ImportRules } from "@/app/(dashboard)/rules/import/import-rules";
import { currentContext } from "@/app/session";
import { Card } from "@/app/ui/card";
import { Code } from "@/app/ui/code";
import { PageHeader } from "@/app/ui/page-header";
import { NoPermission } from "@/app/ui/states";
import { may } from "@/lib/access/require-permission";
import styles from "@/app/(dashboard)/rules/rules.module.css";

export const metadata: Metadata = { title: "Import rules" };

/** Sigma rules of others, or one's own from elsewhere: looked at first, then taken in. */
export default async function ImportPage() {
  const ctx = await currentContext();
  if (!may(ctx, "rule:write")) return <NoPermission what="import rules" />;
  return (
    <>
      <PageHeader
        above={<Link href="/rules">Rules</Link>}
        title="Import Sigma rules."
        proof="A repository folder, its ZIP, or single YAML files. First you see what would become of each; nothing is taken in before you say so."
      />
      <ImportRules />
      <Card title="What becomes of a rule">
        <dl className={styles.fates}>
          <dt>It runs</dt>
          <dd>
            when it speaks of logs that every installation has: requests, sign-ins, calls to third parties. It never alerts about the past.
          </dd>
          <dt>It waits, switched off</dt>
          <dd>when it speaks of logs that may never arrive here, such as those of an operating system, or when its authors gave it up.</dd>
          <dt>It waits for values</dt>
          <dd>
            when it names placeholders such as <Code>%Admins%</Code> that have none here yet.{" "}
            <Link className="link" href="/rules/placeholders">
              Placeholders
            </Link>{" "}
            is where they get them.
          </dd>
          <dt>It is refused</dt>
          <dd>when it cannot be run: the report says why, with the file and the line. The others are taken in all the same.</dd>
          <dt>It stays as it is</dt>
          <dd>when its id is here already: what you edited is never overwritten.</dd>
        </dl>
        <p className="muted small">
          The same on the command line: <Code>npm run --silent vedette -- rules import FOLDER</Code>
        </p>
      </Card>
    </>
  );
}

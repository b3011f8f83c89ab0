import type { Metadata } from "next";
import Link from "next/link";
import { ImportRules } from "@/app/(dashboard)/rules/import/import-rules";
import { currentContext } from "@/app/session";
import { PageHeader } from "@/app/ui/page-header";
import { NoPermission } from "@/app/ui/states";
import { may } from "@/lib/access/require-permission";

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
    </>
  );
}

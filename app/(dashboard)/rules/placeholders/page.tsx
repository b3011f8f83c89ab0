import type { Metadata } from "next";
import Link from "next/link";
import { Placeholders } from "@/app/(dashboard)/rules/placeholders/placeholders";
import { currentContext } from "@/app/session";
import { PageHeader } from "@/app/ui/page-header";
import { NoPermission } from "@/app/ui/states";
import { may } from "@/lib/access/require-permission";
import { plural } from "@/lib/model/format";
import { listPlaceholders } from "@/lib/rules/placeholders";

export const metadata: Metadata = { title: "Placeholders" };

/** Values for the placeholders of Sigma rules, and which rules wait for them. */
export default async function PlaceholdersPage({ searchParams }: { searchParams: Promise<Record<string, string | string[] | undefined>> }) {
  const ctx = await currentContext();
  if (!may(ctx, "rule:read")) return <NoPermission what="look at rules" />;
  const placeholders = await listPlaceholders(ctx);
  const { name } = await searchParams;
  const waiting = new Set(placeholders.filter(({ values }) => values.length === 0).flatMap(({ rules }) => rules.map(({ id }) => id))).size;
  return (
    <>
      <PageHeader
        above={<Link href="/rules">Rules</Link>}
        title={waiting > 0 ? `${plural(waiting, "rule waits", "rules wait")} for values.` : "No rule waits for values."}
        proof="Rules of others name what only you know, such as %Admins% or %Servers%. They begin with the next event after you say who that is."
      />
      <Placeholders
        placeholders={placeholders}
        mayChange={may(ctx, "rule:write")}
        asked={typeof name === "string" ? (placeholders.find((each) => each.name === name) ?? null) : null}
      />
    </>
  );
}

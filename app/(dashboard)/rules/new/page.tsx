import type { Metadata } from "next";
import Link from "next/link";
import { RuleEditor } from "@/app/(dashboard)/rules/rule-editor";
import { currentContext } from "@/app/session";
import { PageHeader } from "@/app/ui/page-header";
import { NoPermission } from "@/app/ui/states";
import { may } from "@/lib/access/require-permission";
import { loadCatalog } from "@/lib/rules/catalog";
import { ruleVocabulary } from "@/lib/rules/vocabulary";

export const metadata: Metadata = { title: "New rule" };

const START = `title: Many refused exports by one account
id: refused-exports
status: test
level: medium
description: What this rule looks for, and why it matters.
logsource:
  category: api
detection:
  refused:
    action|endswith: .export
    outcome: failure
  condition: refused
tags: [attack.t1530, owasp.api5]
vedette:
  family: data_egress
  entity: actor
  matches:
    - {action: report.export, outcome: failure, actor: {id: ana}}
  ignores:
    - {action: report.export, outcome: success, actor: {id: ana}}
`;

/** A rule of one's own, begun from one that works. */
export default async function NewRulePage() {
  const ctx = await currentContext();
  if (!may(ctx, "rule:write")) return <NoPermission what="write rules" />;
  const { rules } = await loadCatalog();
  return (
    <>
      <PageHeader
        above={<Link href="/rules">Rules</Link>}
        title="Write a rule in Sigma."
        proof="Change what stands there. Problems show at their place while you type."
      />
      <RuleEditor yaml={START} version={0} mayWrite view="edit" vocabulary={ruleVocabulary(rules)} />
    </>
  );
}

import { Suspense } from "react";
import type { Metadata } from "next";
import { currentContext } from "@/app/session";
import { Card } from "@/app/ui/card";
import { PageHeader } from "@/app/ui/page-header";
import { NoPermission, Skeleton } from "@/app/ui/states";
import { Ago } from "@/app/ui/time";
import { may } from "@/lib/access/require-permission";
import { formatOpening } from "@/lib/model/format";
import { judgeHealth } from "@/lib/model/health";
import { readHealthFacts } from "@/lib/store/health-reads";
import { findLastEvent } from "@/lib/store/traffic-reads";
import { Findings, Work } from "./findings";
import { Intake } from "./intake";
import { LatestRefusals } from "./latest-refusals";
import { Machine } from "./machine";
import { Mail } from "./mail";
import { Senders } from "./senders";
import { Refresh } from "@/app/ui/refresh";

export const metadata: Metadata = { title: "System health" };

const HOUR = 3_600_000;

export default async function HealthPage({
  searchParams,
}: {
  searchParams: Promise<{ key?: string | string[]; service?: string | string[] }>;
}) {
  const ctx = await currentContext();
  if (!may(ctx, "health:read")) return <NoPermission what="see how the system is doing" />;
  const now = ctx.now.getTime();
  const [facts, last] = await Promise.all([readHealthFacts(ctx.now), findLastEvent()]);
  const { key, service } = await searchParams;
  const sender = typeof key === "string" && typeof service === "string" ? { keyId: key, service } : undefined;
  const findings = judgeHealth(facts);
  const title =
    findings.length === 0
      ? "Everything works."
      : `${formatOpening(findings.length)} ${findings.length === 1 ? "thing needs" : "things need"} a look.`;
  return (
    <>
      <Refresh everyMs={10_000} />
      <PageHeader
        title={title}
        proof={
          last ? (
            <>
              Last event taken in <Ago at={last.receivedAt} everyMs={1000} />. This page looks again every 10 seconds.
            </>
          ) : (
            "No event was taken in yet. This page looks again every 10 seconds."
          )
        }
      />
      {findings.length > 0 && <Findings findings={findings} />}
      <Work facts={facts} />
      <Suspense fallback={<Skeleton width="100%" height={290} />}>
        <Intake from={now - HOUR} to={now} sender={sender} />
      </Suspense>
      <Suspense fallback={<Skeleton width="100%" height={160} />}>
        <Senders to={now} sender={sender} />
      </Suspense>
      <Suspense
        fallback={
          <Card>
            <Skeleton width="60%" />
          </Card>
        }
      >
        <LatestRefusals sender={sender} />
      </Suspense>
      <Suspense fallback={<Skeleton width="100%" height={290} />}>
        <Mail facts={facts} />
      </Suspense>
      <Machine facts={facts} />
    </>
  );
}

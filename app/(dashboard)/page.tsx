import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { currentContext } from "@/app/session";
import { LinkButton } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { PageHeader } from "@/app/ui/page-header";
import { Panel } from "@/app/ui/panel";
import { EmptyState } from "@/app/ui/states";
import { Ago } from "@/app/ui/time";
import { hasLeftOnboarding } from "@/lib/access/onboarding";
import { may } from "@/lib/access/require-permission";
import { plural } from "@/lib/model/format";
import { readTimeRange } from "@/lib/model/time-range";
import { listNeeds } from "@/lib/incidents/needs";
import { countUndetected } from "@/lib/store/overview-reads";
import { findLastEvent, spanBefore, sumTraffic } from "@/lib/store/traffic-reads";
import { Changes } from "./overview/changes";
import { Coverage } from "./overview/coverage";
import { Figures } from "./overview/figures";
import { headline } from "./overview/headline";
import { Movers } from "./overview/movers";
import { Needs } from "./overview/needs";
import { Outcomes } from "./overview/outcomes";
import { Risks } from "./overview/risks";
import type { Scope } from "./overview/scope";

export const metadata: Metadata = { title: "Overview" };

function NothingYet() {
  return (
    <Card>
      <EmptyState title="No event has arrived yet." action={<LinkButton href="/onboarding">Send a first event</LinkButton>}>
        Once services send, this page says what needs you and whether the rest is as usual.
      </EmptyState>
    </Card>
  );
}

/** What the side bar counts beside those that need this person. */
const othersWords = (others: number): string =>
  `${plural(others, "other incident is", "other incidents are")} open, of low level or with somebody else.`;

const LATE_MS = 5000; // five times what detection takes on a good day

type Search = Promise<Record<string, string | undefined>>;

/** What needs a person, and whether the rest is as usual. */
export default async function OverviewPage({ searchParams }: { searchParams: Search }) {
  const ctx = await currentContext();
  const params = await searchParams;
  const last = await findLastEvent();
  if (!last) {
    if (!(await hasLeftOnboarding())) redirect("/onboarding");
    return <NothingYet />;
  }
  const range = readTimeRange(params, ctx.now.getTime());
  const direction = params.direction === "outbound" ? "outbound" : "inbound";
  const scope: Scope = { range, direction, ...(params.service ? { service: params.service } : {}) };
  const [sums, before, needed, undetected] = await Promise.all([
    sumTraffic({ ...range, service: scope.service }),
    sumTraffic({ ...spanBefore(range), service: scope.service }),
    listNeeds(ctx, 5),
    countUndetected(new Date(ctx.now.getTime() - LATE_MS)),
  ]);
  const audits = may(ctx, "audit:read");
  return (
    <>
      <PageHeader
        title={headline({ needs: needed.total, undetected, sums, before })}
        proof={
          <>
            {plural(sums.events, "event")} read in this span; the last one came <Ago at={last.receivedAt} everyMs={1000} />.
            {needed.others > 0 && ` ${othersWords(needed.others)}`}
          </>
        }
      />
      <Panel name="Open incidents" height={120}>
        <Needs needs={needed.needs} total={needed.total} now={ctx.now.getTime()} mayTake={may(ctx, "incident:write")} />
      </Panel>
      <Panel name="The numbers" height={100}>
        <Figures scope={scope} sums={sums} before={before} />
      </Panel>
      <Panel name="Requests by outcome" height={300}>
        <Outcomes scope={scope} />
      </Panel>
      <div className="grid-3">
        <Panel name="Sources" height={210}>
          <Movers title="Sources" unit="failures" field="ip" q="outcome:failure" scope={scope} mono />
        </Panel>
        <Panel name="Accounts" height={210}>
          <Movers title="Accounts" unit="failures" field="actor" q="outcome:failure" scope={scope} />
        </Panel>
        <Panel name="Routes" height={210}>
          <Movers title="Routes" unit="requests" field="route" otherwise="path" q="" scope={scope} mono />
        </Panel>
      </div>
      <div className={audits ? "grid-3" : "grid-2"}>
        <Panel name="Highest risk" height={200}>
          <Risks ctx={ctx} />
        </Panel>
        {audits && (
          <Panel name="Changes" height={200}>
            <Changes ctx={ctx} />
          </Panel>
        )}
        <Panel name="Coverage" height={200}>
          <Coverage now={ctx.now.getTime()} />
        </Panel>
      </div>
    </>
  );
}

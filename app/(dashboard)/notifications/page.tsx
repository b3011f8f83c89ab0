import type { Metadata } from "next";
import { currentContext } from "@/app/session";
import { Refresh } from "@/app/ui/refresh";
import { PageHeader } from "@/app/ui/page-header";
import { NoPermission } from "@/app/ui/states";
import { may } from "@/lib/access/require-permission";
import { config } from "@/lib/config";
import { memberWords, routeSentence } from "@/lib/incidents/routing";
import { formatCount, plural } from "@/lib/model/format";
import { routeInput } from "@/lib/model/route";
import { digestChoiceOf } from "@/lib/notify/digest-schedule";
import { somebodyHears } from "@/lib/incidents/act-on-link";
import { listOwnStops } from "@/lib/notify/manage";
import { examplePersonMail, findPersonMailSetting } from "@/lib/notify/person-setting";
import { db } from "@/lib/store/db";
import { listDeliveries } from "@/lib/store/deliveries";
import { readOutboxTotals } from "@/lib/store/outbox";
import { listServiceNames } from "@/lib/store/overview-reads";
import { listGroups, listPeople, listWrittenRoutes } from "@/lib/store/routes";
import { listWebhooks } from "@/lib/store/webhooks";
import { Banner } from "./banner";
import { DeliveryLog } from "./delivery-log";
import { Digest } from "./digest";
import { Groups } from "./groups";
import { PersonMails } from "./person-mails";
import { Routes } from "./routes";
import { Webhooks } from "./webhooks";

export const metadata: Metadata = { title: "Notifications" };

const PAGE = 50;

/** Who hears of what, what has left, and what has not. */
export default async function NotificationsPage({ searchParams }: { searchParams: Promise<{ before?: string }> }) {
  const ctx = await currentContext();
  if (!may(ctx, "notification:read")) return <NoPermission what="look at notifications" />;
  const before = Number((await searchParams).before);
  const [routes, groups, people, webhooks, totals, log, hears, stops, personMails, services] = await Promise.all([
    listWrittenRoutes(db),
    listGroups(db),
    listPeople(db),
    listWebhooks(db),
    readOutboxTotals(db, ctx.now),
    listDeliveries(db, { limit: PAGE + 1, ...(Number.isInteger(before) && before > 0 ? { before } : {}) }),
    somebodyHears(db, ctx.now),
    listOwnStops(ctx),
    findPersonMailSetting(ctx),
    listServiceNames(ctx.now),
  ]);
  const names = new Map([...people, ...webhooks, ...groups].map(({ id, name }) => [id, name] as const));
  const change = may(ctx, "notification:write");
  const self = ctx.actor.type === "user" ? people.find(({ id }) => ctx.actor.type === "user" && id === ctx.actor.id) : undefined;
  const named = (list: readonly { id: string; name: string }[]) => list.map(({ id, name }) => ({ id, name }));
  const whom = { people: named(people), webhooks: named(webhooks), groups: named(groups) };
  const active = routes.filter(({ enabled }) => enabled).length;
  return (
    <>
      <Refresh everyMs={15_000} />
      <PageHeader
        title={hears ? "Somebody hears of every critical incident." : "Nobody hears of critical incidents."}
        proof={`${plural(active, "route")} on. ${totals.waiting > 0 ? `${plural(totals.waiting, "message")} on the way` : "Nothing is waiting to leave"}${totals.dead > 0 ? `, ${formatCount(totals.dead)} could not be delivered` : ""}.`}
      />
      <Banner
        local={config().SMTP_URL === undefined}
        hears={hears}
        totals={{ dead: totals.dead, waiting: totals.waiting, lastError: totals.lastError, oldest: totals.oldest?.getTime() ?? null }}
        now={ctx.now.getTime()}
      />
      <Routes
        routes={routes.map((route) => ({ ...routeInput(route), id: route.id, sentence: routeSentence(route, names) }))}
        whom={whom}
        zone={self?.timeZone ?? "UTC"}
        mayChange={change}
      />
      <Groups groups={groups.map((group) => ({ ...group, sentence: memberWords(group.members, names) }))} whom={whom} mayChange={change} />
      {self && (
        <Digest
          choice={digestChoiceOf(self)}
          zone={self.timeZone}
          stops={stops.map(({ kind, until }) => ({ kind, until: until?.getTime() ?? null }))}
        />
      )}
      <PersonMails setting={personMails} services={services} example={examplePersonMail(personMails, ctx.now)} mayChange={change} />
      <DeliveryLog rows={log.slice(0, PAGE)} more={log.length > PAGE} mayChange={change} />
      <Webhooks
        list={webhooks.map(({ id, name, kind, url, disabledReason }) => ({ id, name, kind, host: new URL(url).host, disabledReason }))}
        mayChange={change}
      />
    </>
  );
}

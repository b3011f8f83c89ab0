import type { Metadata } from "next";
import { currentContext } from "@/app/session";
import { Button, LinkButton } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { PageHeader } from "@/app/ui/page-header";
import { Panel } from "@/app/ui/panel";
import { Refresh } from "@/app/ui/refresh";
import { EmptyState } from "@/app/ui/states";
import { listApiKeys } from "@/lib/access/api-keys";
import { may } from "@/lib/access/require-permission";
import { config } from "@/lib/config";
import { readSampleData } from "@/lib/ingest/sample-data";
import { judgeQuality } from "@/lib/model/quality";
import { loadCatalog } from "@/lib/rules/catalog";
import { countNeeds } from "@/lib/rules/coverage";
import { countArrivals, findFirstArrival, findLastTestAttack, listLatestArrivals, readTestEffect } from "@/lib/store/onboarding-reads";
import { listRefusals } from "@/lib/store/outcomes";
import { listUsers } from "@/lib/store/users";
import { finishLater } from "./actions";
import { Checks } from "./checks";
import { sayProgress } from "./headline";
import { Listening } from "./listening";
import { SampleData } from "./sample-data";
import { SendFirst } from "./send-first";
import { Stepper } from "./stepper";
import styles from "./onboarding.module.css";
import { TestAttack } from "./test-attack";

export const metadata: Metadata = { title: "First events" };

const JUDGED = 200;

/** From an empty installation to events that are good enough to watch. Can be left and taken up at any time. */
export default async function OnboardingPage() {
  const ctx = await currentContext();
  if (!may(ctx, "key:write"))
    return (
      <Card>
        <EmptyState title="No events have arrived yet." action={<LinkButton href="/health">See system health</LinkButton>}>
          An administrator makes the key with which services send. As soon as the first event is here, the overview shows it.
        </EmptyState>
      </Card>
    );
  const [keys, first, arrivals, latest, refusals, attack, people, sample] = await Promise.all([
    listApiKeys(ctx, { limit: 20 }),
    findFirstArrival(),
    countArrivals(),
    listLatestArrivals(JUDGED),
    listRefusals({ limit: 8 }),
    findLastTestAttack(),
    listUsers(2),
    readSampleData(ctx),
  ]);
  const effect = attack ? await readTestEffect(attack) : null;
  const checks = judgeQuality(latest);
  const key = keys.find((each) => !each.revokedAt && each.scopes.includes("ingest"));
  const since = key?.createdAt.getTime() ?? ctx.now.getTime();
  const recent = refusals
    .filter((refusal) => refusal.at.getTime() >= since)
    .map((refusal) => ({
      id: refusal.id,
      at: refusal.at.getTime(),
      status: refusal.status,
      detail: refusal.detail,
      sample: refusal.sample,
    }));
  const facts = {
    hasKey: Boolean(key),
    first: Boolean(first),
    refused: recent.length,
    toMend: checks.filter((check) => check.state !== "ok").length,
    attacked: effect?.number !== null && effect !== null,
    alone: people.length < 2,
  };
  const { title, proof } = sayProgress(facts);
  return (
    <>
      <Refresh everyMs={first && (!attack || effect?.sent) && !sample.loading ? 10_000 : 2_000} />
      <PageHeader
        title={title}
        proof={proof}
        actions={
          <form action={finishLater}>
            <Button type="submit" tone="quiet" size="s">
              {first ? "Done for now" : "Finish later"}
            </Button>
          </form>
        }
      />
      <Stepper facts={facts} />
      <div className={styles.columns}>
        <SendFirst url={config().BASE_URL} known={key ? { hint: key.hint, service: key.services[0] ?? "" } : null} />
        <Listening url={config().BASE_URL} since={key ? since : null} refusals={recent} first={first} arrivals={arrivals} />
      </div>
      {checks.length > 0 && <Checks checks={checks} judged={latest.length} needs={countNeeds(await loadCatalog())} />}
      <div className="grid-2">
        <Panel name="Test attack" height={190}>
          <TestAttack attack={attack ? { sentAt: attack.sentAt.getTime(), ip: attack.ip } : null} effect={effect} />
        </Panel>
        <SampleData state={sample} />
      </div>
    </>
  );
}

import { BarList } from "@/app/ui/bar-list";
import { Card } from "@/app/ui/card";
import { EmptyState } from "@/app/ui/states";
import { listTopRisks } from "@/lib/incidents/read-risk";
import type { RiskType } from "@/lib/incidents/risk";
import { plural } from "@/lib/model/format";
import { visible } from "@/lib/model/visible";
import type { Context } from "@/lib/model/user";
import { entityHref } from "@/lib/query/entities";
import styles from "./overview.module.css";

const words: Record<RiskType, string> = { actor: "account", key: "key", ip: "address", service: "service" };

/** Accounts, keys, addresses and services that had most to do with what went wrong in the last two weeks. */
export async function Risks({ ctx }: { ctx: Context }) {
  const risks = await listTopRisks(ctx, { limit: 5 });
  return (
    <Card title="Highest risk" aside="of 100" flush className={styles.list}>
      {risks.length === 0 ? (
        <EmptyState title="Nobody has a risk score.">No incident of the last 14 days names anybody.</EmptyState>
      ) : (
        <BarList
          unit="of 100"
          tone="fail"
          rows={risks.map((risk) => ({
            key: `${risk.type} ${risk.value}`,
            label: (
              <>
                <span className={risk.type === "ip" || risk.type === "key" ? "mono" : undefined}>{visible(risk.value.slice(0, 60))}</span>{" "}
                <span className="faint small">
                  {words[risk.type]}, {plural(risk.contributions.length, "incident")}
                </span>
              </>
            ),
            value: Math.round(risk.score),
            href: `${entityHref(risk.type, risk.value) ?? "/"}#risk`,
          }))}
        />
      )}
    </Card>
  );
}

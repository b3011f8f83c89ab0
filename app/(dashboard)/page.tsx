import { currentContext } from "@/app/session";
import { PageHeader } from "@/app/ui/page-header";

export default async function OverviewPage() {
  const ctx = await currentContext();
  return <PageHeader title={`Signed in as ${ctx.actor.name}.`} />;
}

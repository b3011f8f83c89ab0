import { RemoveSample } from "@/app/(dashboard)/onboarding/remove-sample";
import { Banner } from "@/app/ui/states";
import { readSampleData } from "@/lib/ingest/sample-data";
import { may } from "@/lib/access/require-permission";
import { plural } from "@/lib/model/format";
import type { Context } from "@/lib/model/user";

/** Above every page while sample data is loaded, so that nobody takes it for their own. */
export async function SampleBanner({ ctx }: { ctx: Context }) {
  if (!may(ctx, "health:read")) return null;
  const { events, loading } = await readSampleData(ctx);
  if (events === 0 && !loading) return null;
  return (
    <Banner tone="info" action={!loading && may(ctx, "sample:write") && <RemoveSample events={events} />}>
      {loading
        ? "Sample data is being loaded. What is marked “sample” is made up."
        : `${plural(events, "event")} here are sample data, made up and marked as such.`}
    </Banner>
  );
}

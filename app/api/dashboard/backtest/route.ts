import { forSignedIn } from "@/app/api/dashboard/signed-in-route";
import { getBacktest } from "@/lib/backtest/manage";
import { json } from "@/lib/http/problem";

/** How far one's own backtest has come; the page asks while it runs. */
export const GET = forSignedIn(async (request, ctx) => json(await getBacktest(ctx, new URL(request.url).searchParams.get("id") ?? "")));

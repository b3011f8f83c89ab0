import { findSignedIn } from "@/app/session";
import { contextOf } from "@/lib/access/sign-in";
import { requirePermission } from "@/lib/access/require-permission";
import { notFound, unauthenticated } from "@/lib/errors";
import { answering } from "@/lib/http/route";
import { db } from "@/lib/store/db";
import { findDelivery } from "@/lib/store/deliveries";

// the mail may show and may not do anything: no script, no form, no request, no frame but ours around it
const POLICY =
  "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'";

/** The HTML part of a mail as it left, for the frame of the outbox page. */
export async function GET(request: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await params;
  return answering(async () => {
    const signedIn = await findSignedIn();
    if (!signedIn) throw unauthenticated("Sign in first.");
    requirePermission(contextOf(signedIn.user, new Date()), "notification:read");
    const delivery = /^\d{1,15}$/.test(id) ? await findDelivery(db, Number(id)) : null;
    if (!delivery?.html) throw notFound("This mail is not kept any more.");
    return new Response(delivery.html, {
      headers: {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
      },
    });
  })(request, { ip: "" });
}

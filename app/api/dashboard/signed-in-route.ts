/** Routes behind the dashboard's pages: for signed-in people only, errors as problem documents. */
import { findSignedIn } from "@/app/session";
import { clientAddress } from "@/app/client-address";
import { contextOf } from "@/lib/access/sign-in";
import { unauthenticated } from "@/lib/errors";
import { problemResponse } from "@/lib/http/problem";
import type { Context } from "@/lib/model/user";

/** Answers a request of a signed-in person; `sessionId` is the sign-in they are here by. Anything thrown becomes a problem document. */
export function forSignedIn(
  work: (request: Request, ctx: Context, sessionId: string) => Promise<Response>,
): (request: Request) => Promise<Response> {
  return async (request) => {
    try {
      const found = await findSignedIn();
      if (!found || found.user.mustChangePassword) throw unauthenticated("Your session has ended. Sign in again.");
      return await work(request, contextOf(found.user, new Date(), await clientAddress()), found.session.id);
    } catch (error) {
      return problemResponse(error, request);
    }
  };
}

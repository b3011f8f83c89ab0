/** next-auth, composed over lib/access: the cookie carries only ids; whether they still hold is asked of the database by whoever reads it (`session.ts`). */
import NextAuth, { CredentialsSignin, type NextAuthConfig } from "next-auth";
import Credentials from "next-auth/providers/credentials";
import { cache } from "react";
import { SESSION_MS, signIn as enter, whoIs } from "@/lib/access/sign-in";
import { config } from "@/lib/config";
import { AppError } from "@/lib/errors";
import { PEER_HEADER } from "@/lib/http/route";
import { log } from "@/lib/log";
import { saysDatabaseAway } from "@/lib/store/up";

declare module "next-auth" {
  interface Session {
    sid?: string;
    sub?: string;
  }
  interface User {
    sid?: string;
  }
}

/** Says why a sign-in was refused, in the only field that next-auth passes on. */
class Refused extends CredentialsSignin {
  constructor(why: string) {
    super();
    this.code = why;
  }
}

async function authorize(given: Partial<Record<string, unknown>>, request: Request) {
  const input = {
    email: String(given.email ?? ""),
    password: String(given.password ?? ""),
    address: request.headers.get(PEER_HEADER) ?? undefined,
    userAgent: request.headers.get("user-agent")?.slice(0, 512),
  };
  if (!input.email || !input.password) throw new Refused("missing");
  const entered = await enter(input, new Date()).catch((error: unknown) => {
    if (saysDatabaseAway(error)) throw new Refused("away");
    if (error instanceof AppError && error.code === "rate_limited") throw new Refused(`wait ${error.details.retryAfterSeconds ?? 60}`);
    throw error;
  });
  if (!entered) throw new Refused("wrong");
  return { id: entered.userId, sid: entered.sessionId };
}

/** Who a session id belongs to, asked once per rendering. */
export const liveSession = cache((sessionId: string) => whoIs(sessionId, new Date()));

// next-auth takes an error in here for a stranger: a database that is away would ask everybody to sign in
const callbacks: NextAuthConfig["callbacks"] = {
  jwt: ({ token, user }) =>
    user ? { sub: user.id, sid: user.sid } : typeof token.sid === "string" ? { sub: token.sub, sid: token.sid } : null,
  session: ({ session, token }) => ({ expires: session.expires, sid: token.sid as string, sub: token.sub as string }), // both are in every token above
};

/** Over https the cookie is bound to this very host: no neighbour under the same domain can plant one. */
const hostBound: NextAuthConfig["cookies"] = {
  sessionToken: { name: "__Host-vedette.session", options: { httpOnly: true, sameSite: "lax", path: "/", secure: true } },
};

/** Read at the first request: building the app needs no settings. */
const settings = (): NextAuthConfig => ({
  secret: config().AUTH_SECRET,
  trustHost: true,
  basePath: "/api/auth",
  ...(config().BASE_URL.startsWith("https://") ? { useSecureCookies: true, cookies: hostBound } : { useSecureCookies: false }),
  session: { strategy: "jwt", maxAge: SESSION_MS / 1000 },
  pages: { signIn: "/sign-in", error: "/sign-in" },
  providers: [Credentials({ credentials: { email: {}, password: {} }, authorize })],
  callbacks,
  logger: {
    error: (error) => {
      // a wrong password is no error of ours; it stands in the audit trail
      if (!(error instanceof CredentialsSignin)) log.error({ error: error.message }, "sign-in failed");
    },
    warn: (code) => log.warn({ code }, "sign-in warned"),
    debug: () => undefined,
  },
});

export const { handlers, auth, signIn, signOut } = NextAuth(settings);

import { config } from "@/lib/config";
import { AppError } from "@/lib/errors";
import { actOnLink } from "@/lib/incidents/act-on-link";

interface Props {
  params: Promise<{ token: string }>;
}

const page = (token: string, search: Record<string, string> = {}): URL => {
  const url = new URL(`/act/${encodeURIComponent(token)}`, config().BASE_URL);
  for (const [name, value] of Object.entries(search)) url.searchParams.set(name, value);
  return url;
};

/** Opening an address changes nothing: it leads to the page that asks. */
export async function GET(_request: Request, { params }: Props): Promise<Response> {
  return Response.redirect(page((await params).token), 303);
}

/** A real click on the page, or a mail program's one-click unsubscribe (RFC 8058: no cookies, no redirect, 200). */
export async function POST(request: Request, { params }: Props): Promise<Response> {
  const { token } = await params;
  const length = Number(request.headers.get("content-length") ?? 0);
  if (length > 16_384) return new Response("Too long.", { status: 413 });
  const form = Object.fromEntries(
    [...(await request.formData().catch(() => new FormData()))].flatMap(([name, value]) =>
      typeof value === "string" ? [[name, value]] : [],
    ),
  );
  const oneClick = form["List-Unsubscribe"] === "One-Click";
  if (oneClick && !token.startsWith("u.")) return new Response("This link does not stop mails.", { status: 400 });
  try {
    await actOnLink(token, form, { now: new Date(), key: config().LINK_KEY });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return oneClick
      ? new Response(error.publicMessage, { status: 400 })
      : Response.redirect(page(token, { problem: error.publicMessage }), 303);
  }
  return oneClick ? new Response("Stopped.", { status: 200 }) : Response.redirect(page(token, { done: "1" }), 303);
}

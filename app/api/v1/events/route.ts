/** The same handler as the web server mounts before Next, for installations that run Next alone: there nobody tells us the address of the client. */
import { answering } from "@/lib/http/route";
import { handleEvents } from "@/lib/ingest/handle-events";

export const dynamic = "force-dynamic";

export const POST = (request: Request): Promise<Response> => answering(handleEvents)(request, { ip: "" });

import { currentContext } from "@/app/session";
import { answering } from "@/lib/http/route";
import { notFound } from "@/lib/errors";
import { takeEvidence } from "@/lib/incidents/evidence";

/** Bytes as they are asked for: a slow reader holds the reading back, one that goes away ends it. */
function streamOf(bytes: AsyncGenerator<Buffer>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await bytes.next();
      if (done) controller.close();
      else controller.enqueue(new Uint8Array(value));
    },
    async cancel() {
      await bytes.return(undefined);
    },
  });
}

/** The evidence bundle as a download. */
export async function GET(request: Request, { params }: { params: Promise<{ name: string }> }): Promise<Response> {
  const ctx = await currentContext();
  const { name } = await params;
  return answering(async () => {
    const number = Number(/^(?:inc-)?(\d{1,9})$/i.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(number)) throw notFound("There is no such incident.");
    const bundle = await takeEvidence(ctx, { number });
    return new Response(streamOf(bundle.bytes), {
      headers: {
        "content-type": "application/zip",
        "content-disposition": `attachment; filename="${bundle.name}"`,
        "cache-control": "no-store",
      },
    });
  })(request, { ip: "" });
}

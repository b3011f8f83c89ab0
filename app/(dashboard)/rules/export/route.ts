import { currentContext } from "@/app/session";
import { answering } from "@/lib/http/route";
import { exportRules } from "@/lib/rules/export-rules";

/** All rules as a download. */
export async function GET(request: Request): Promise<Response> {
  const ctx = await currentContext();
  return answering(async () => {
    const { name, bytes } = await exportRules(ctx);
    return new Response(new Uint8Array(bytes), {
      headers: {
        "content-type": "application/zip",
        "content-disposition": `attachment; filename="${name}"`,
        "cache-control": "no-store",
      },
    });
  })(request, { ip: "" });
}

import { forSignedIn } from "@/app/api/dashboard/signed-in-route";
import { requirePermission } from "@/lib/access/require-permission";
import { AppError, forbidden, malformed } from "@/lib/errors";
import { json } from "@/lib/http/problem";
import { IMPORT_LIMITS, importRules, readUpload } from "@/lib/rules/import-rules";

/** Files of rules, or an archive of them: what would become of them, or with `?do=import` what became. A page of ours must have sent them. */
export const POST = forSignedIn(async (request, ctx) => {
  requirePermission(ctx, "rule:write");
  if ((request.headers.get("sec-fetch-site") ?? "same-origin") !== "same-origin") throw forbidden("This came from another site.");
  const length = Number(request.headers.get("content-length") ?? Number.NaN);
  if (!(length <= IMPORT_LIMITS.bytes))
    throw new AppError("too_large", `An upload may have at most ${IMPORT_LIMITS.bytes / 1024 / 1024} MB.`);
  const form = await request.formData().catch(() => {
    throw malformed("The upload is not whole.");
  });
  const parts = form.getAll("file").filter((part) => typeof part !== "string");
  const files = await readUpload(
    await Promise.all(parts.map(async (part) => ({ name: part.name, bytes: Buffer.from(await part.arrayBuffer()) }))),
  );
  return json(await importRules(ctx, files, { dryRun: new URL(request.url).searchParams.get("do") !== "import" }));
});

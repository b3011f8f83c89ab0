/** How deliveries are spoken of. */
export const RESULT_WORDS: Record<"sent" | "local" | "failed", string> = {
  sent: "Accepted by the mail server.",
  local: "Kept here: no mail server is configured (SMTP_URL).",
  failed: "Not delivered.",
};

/** Why a message left, in a word or two. */
export function reasonWords(kind: string, reason: string): string {
  const words: Record<string, string> = {
    opened: "new",
    worse: "worse",
    update: "update",
    regressed: "came back",
    resolved: "resolved",
    merged: "merged",
    assigned: "assigned",
    mentioned: "mention",
    sample: "test",
    storm: "storm",
    digest: "digest",
    note: "warning",
    unfamiliar: "to the person concerned",
  };
  return words[reason.split(":")[0] ?? ""] ?? kind;
}

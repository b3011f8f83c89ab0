import { Badge, type Tone } from "@/app/ui/badge";
import type { SessionState } from "@/lib/model/session-record";

const STATES: Record<SessionState, { tone: Tone; word: string }> = {
  active: { tone: "ok", word: "In use" },
  idle: { tone: "info", word: "Open" },
  signed_out: { tone: "info", word: "Signed out" },
  expired: { tone: "info", word: "Expired" },
  ended: { tone: "medium", word: "Ended here" },
  replayed: { tone: "critical", word: "Used after its end" },
};

/** How it stands with a session, as word, colour and shape. */
export function SessionBadge({ state }: { state: SessionState }) {
  return (
    <Badge tone={STATES[state].tone} bare>
      {STATES[state].word}
    </Badge>
  );
}

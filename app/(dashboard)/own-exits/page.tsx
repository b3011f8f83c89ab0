import type { Metadata } from "next";
import { currentContext } from "@/app/session";
import { Card } from "@/app/ui/card";
import { PageHeader } from "@/app/ui/page-header";
import { NoPermission } from "@/app/ui/states";
import { readOwnExits } from "@/lib/access/own-exits";
import { may } from "@/lib/access/require-permission";
import { plural } from "@/lib/model/format";
import { Exits } from "./exits";
import styles from "./own-exits.module.css";

export const metadata: Metadata = { title: "Own exits" };

const EFFECTS: readonly { what: string; text: string }[] = [
  { what: "Impossible travel", text: "Whoever appears there has not travelled: such an address is no place of theirs." },
  {
    what: "New context",
    text: "Its country and network are nobody's news. A new device, object or scope still counts, and so does a key with several of these.",
  },
  {
    what: "Guessing from one address",
    text: "Refused sign-ins of everybody behind it are not added up to one guesser. Guesses at one account, from wherever, are still told.",
  },
  {
    what: "Session taken over",
    text: "Going in or coming out counts neither as another country nor as another network. Another device, language or person still does.",
  },
  {
    what: "Everything else",
    text: "Injection, scanning, enumeration, volume and all other rules hear of it as of any address.",
  },
];

/** Which addresses are the organisation's own, and what that changes. */
export default async function OwnExitsPage() {
  const ctx = await currentContext();
  if (!may(ctx, "event:read")) return <NoPermission what="see your exits" />;
  const exits = await readOwnExits(ctx);
  return (
    <>
      <PageHeader
        title={exits.length === 0 ? "No address is known as your own." : `${plural(exits.length, "exit")} of your own.`}
        proof="Addresses through which many of your people leave. Exits that five people share for days are learnt without being named."
      />
      <Exits exits={exits} mayChange={may(ctx, "settings:write")} />
      <Card title="What it changes">
        <dl className={styles.effects}>
          {EFFECTS.map(({ what, text }) => (
            <div key={what}>
              <dt className="strong">{what}</dt>
              <dd className="muted">{text}</dd>
            </div>
          ))}
        </dl>
      </Card>
    </>
  );
}

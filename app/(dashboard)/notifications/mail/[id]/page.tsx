import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";
import { currentContext } from "@/app/session";
import { Card } from "@/app/ui/card";
import { PageHeader } from "@/app/ui/page-header";
import { EmptyState, NoPermission } from "@/app/ui/states";
import { Segments } from "@/app/ui/tabs";
import { Time } from "@/app/ui/time";
import { may } from "@/lib/access/require-permission";
import { db } from "@/lib/store/db";
import { findDelivery } from "@/lib/store/deliveries";
import styles from "../../notifications.module.css";
import { RESULT_WORDS } from "../../words";

export const metadata: Metadata = { title: "Mail" };

interface Props {
  params: Promise<{ id: string }>;
  searchParams: Promise<{ part?: string }>;
}

/** One mail as it left, or as it would have left: both parts and the headers. */
export default async function MailPage({ params, searchParams }: Props) {
  const ctx = await currentContext();
  if (!may(ctx, "notification:read")) return <NoPermission what="look at mails" />;
  const { id } = await params;
  const part = (await searchParams).part ?? "html";
  const mail = /^\d{1,15}$/.test(id) ? await findDelivery(db, Number(id)) : null;
  if (!mail) notFound();
  return (
    <>
      <PageHeader
        above={
          <Link href="/notifications#log" className="muted">
            Notifications
          </Link>
        }
        title={<span className="break">{mail.subject ?? "Message"}</span>}
        proof={
          <>
            To {mail.recipient}, <Time at={mail.at.getTime()} precision="second" offset />. {RESULT_WORDS[mail.result]}
          </>
        }
        actions={
          <Segments
            label="Part"
            current={part}
            tabs={[
              { key: "html", label: "As mail", href: `/notifications/mail/${id}` },
              { key: "text", label: "As text", href: `/notifications/mail/${id}?part=text` },
              { key: "headers", label: "Headers", href: `/notifications/mail/${id}?part=headers` },
            ]}
          />
        }
      />
      {mail.html === null ? (
        <Card>
          <EmptyState title={mail.result === "failed" ? "This attempt failed." : "The text is not kept any more."}>
            {mail.response ?? "Bodies are kept for 30 days."}
          </EmptyState>
        </Card>
      ) : part === "text" ? (
        <Card>
          <pre className={styles.plain}>{mail.text}</pre>
        </Card>
      ) : part === "headers" ? (
        <Card>
          <pre className={styles.plain}>
            {Object.entries({ To: mail.recipient, Subject: mail.subject ?? "", ...mail.headers })
              .map(([name, value]) => `${name}: ${value}`)
              .join("\n")}
          </pre>
        </Card>
      ) : (
        <iframe
          title="The mail"
          src={`/api/notifications/mail/${id}`}
          sandbox="allow-popups allow-popups-to-escape-sandbox"
          className={styles.frame}
        />
      )}
    </>
  );
}

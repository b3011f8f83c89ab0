/** Mails without details, for mailboxes that others may read: that something happened and how bad it is, and where to read the rest. Pure. */
import { type IncidentNotice, reasonLabel } from "./notice";

/** What stands in place of a title. */
export const HIDDEN_TITLE = "An incident needs a look";

/** The notice without anything that an event, a rule or a person said. */
export function hideDetails(notice: IncidentNotice): IncidentNotice {
  const { news: _news, quote: _quote, chart: _chart, more: _more, ...rest } = notice;
  const label = reasonLabel(notice.reason);
  return {
    ...rest,
    title: HIDDEN_TITLE,
    ...(label ? { news: `${label}.` } : {}),
    summary: "This route sends no details by mail. Open the incident to read them.",
    preheader: "Details are in Vedette, not in this mail.",
    facts: [],
    answers: [],
    amounts: [],
    families: [],
  };
}

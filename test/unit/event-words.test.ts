import { describe, expect, it } from "vitest";
import type { EventDocument } from "@/lib/model/event";
import { eventSentence, eventTitle, reasonWords, summarize } from "@/lib/model/event-words";

const event = (more: Partial<EventDocument>): EventDocument => ({
  id: "e",
  occurred_at: "2026-11-23T12:00:00Z",
  action: "http.request",
  outcome: "unknown",
  direction: "inbound",
  ...more,
});

describe("an event in words", () => {
  it.each<[Partial<EventDocument>, string, string]>([
    [
      {
        action: "user.login",
        outcome: "failure",
        reason: "bad_password",
        service: "api-gateway",
        actor: { email: "li@acme.io" },
        source: { ip: "203.0.113.24", geo: { country: "GB" } },
      },
      "Wrong password",
      "li@acme.io failed to sign in to api-gateway from 203.0.113.24 in the United Kingdom: wrong password.",
    ],
    [{ action: "auth.sign_in", outcome: "success", actor: { id: "u_1" } }, "Signed in", "u_1 signed in."],
    [
      { http: { method: "get", route: "/v1/orders/{id}", path: "/v1/orders/1", status: 200 }, service: "orders" },
      "GET /v1/orders/{id}",
      "Someone called GET /v1/orders/{id} (200) on orders.",
    ],
    [
      {
        direction: "outbound",
        service: "payments",
        destination: { host: "api.stripe.com" },
        http: { method: "POST", path: "/v1/charges" },
      },
      "POST api.stripe.com/v1/charges",
      "payments called POST api.stripe.com/v1/charges.",
    ],
    [{ action: "report.export", outcome: "success", credential: { id: "key_9" } }, "report.export", "Key key_9 did report.export."],
  ])("%j", (document, title, sentence) => {
    expect(eventTitle(event(document))).toBe(title);
    expect(eventSentence(event(document))).toBe(sentence);
  });

  it("makes an unknown reason readable and keeps the rest as it is", () => {
    expect(reasonWords("card_declined")).toBe("Card declined");
    expect(reasonWords("__")).toBe("__");
  });

  it("lets no character of a stranger hide, or turn the words around it", () => {
    const turned = event({ action: "user.login", outcome: "failure", actor: { id: "ana\u202egnp" }, service: "shop" });
    expect(eventSentence(turned)).toBe("ana\ufffdgnp failed to sign in to shop.");
    expect(eventTitle(event({ http: { method: "GET", path: "/a\u202eb" } }))).toBe("GET /a\ufffdb");
  });

  it("keeps the joiners that emoji and scripts are written with", () => {
    const family = "👩\u200d👩\u200d👧";
    const persian = "می\u200cخواهم";
    expect(eventSentence(event({ action: "user.login", actor: { id: `${family} ${persian}` } }))).toBe(
      `${family} ${persian} tried to sign in.`,
    );
    expect(eventSentence(event({ action: "user.login", actor: { id: "an\u200da" } }))).toBe("an\ufffda tried to sign in.");
  });

  it("calls nobody by a name in which there is nothing to read", () => {
    expect(summarize("e", 5, event({ actor: { id: "u_1", name: " \u200b\u200b " } })).actor).toBe("u_1");
    expect(summarize("e", 5, event({ actor: { id: "\u200b" } })).actor).toBe("\u200b");
  });

  it("sums up without inventing fields", () => {
    expect(summarize("e", 5, event({ actor: { name: "Ana", exists: false } }))).toEqual({
      id: "e",
      at: 5,
      title: "http.request",
      outcome: "unknown",
      action: "http.request",
      actor: "Ana",
      ghost: true,
      sample: false,
    });
  });
});

/** Attacks of the patient: near the victim, like the victim, and no faster than people are. Each adds up to as much as the loud ones. */
import { partnerCall } from "./machines";
import { agentsOf, DAY, type Happening, MINUTE, request, SECOND, signIn, sitting } from "./ordinary";
import { addressOf, NEAR_NETWORK } from "./places";
import { CURL, EXPORT, failedSignIn, farSpot, LINUX_CHROME, ORDER, PYTHON, type Stage, type Staged, someone, workHour } from "./stage";

/** A thief in the same country, with the same browser on the same system, only not kept as new; and slowly. */
export function cookieTheftNear(stage: Stage): Staged {
  const { chance } = stage;
  const person = someone(stage);
  const { laptop } = agentsOf(person, stage);
  const victim = {
    person,
    session: `s-${person.id}-${stage.day}-near`,
    spot: addressOf(person.home, person.homeHost),
    agent: laptop,
  };
  const thief = { ...victim, spot: addressOf(NEAR_NETWORK, chance.int(1, 1000)), agent: olderBy(chance.int(2, 6), laptop) };
  const start = workHour(stage);
  const events: Happening[] = [{ t: start, event: signIn(victim, false) }];
  for (let t = start + MINUTE; t < start + 150 * MINUTE; t += chance.wait(2 * MINUTE) + SECOND)
    events.push({ t, event: request(sitting(victim), ORDER, chance, person.orders + chance.int(-90, 90)) });
  const speaks = chance.happens(0.5) ? "en-US" : person.language;
  for (let i = 0, t = start + 40 * MINUTE; i < 40; i++, t += MINUTE + chance.wait(MINUTE)) {
    const event = { ...request(sitting(thief), ORDER, chance, person.orders + chance.int(-90, 90)) };
    if (event.source) event.source = { ...event.source, language: speaks };
    events.push({ t, event, attack: "" });
  }
  return { family: "session_hijack", entity: { type: "actor", value: person.id }, fast: false, events };
}

/** The same program, some versions ago. */
const olderBy = (versions: number, agent: string): string =>
  agent.replace(
    /(Chrome|Firefox|Version|rv:)([/]?)(\d+)/g,
    (_, name: string, slash: string, version: string) => `${name}${slash}${Number(version) - versions}`,
  );

/** A thief who rents a machine where the partner's stand, and takes his time. */
export function keyTheftNear(stage: Stage): Staged {
  const { chance, company } = stage;
  const partner = chance.pick(company.partners.filter(({ regions }) => regions === undefined));
  const shared = partnerCall(partner, addressOf(partner.network, chance.int(200, 1000)), chance.pick([CURL, PYTHON]));
  const events: Happening[] = [];
  for (let i = 0, t = workHour(stage, 0, 18); i < 30; i++, t += 3 * MINUTE + chance.wait(3 * MINUTE))
    events.push({ t, event: request(shared, { ...ORDER, route: "/v1/orders", type: "" }, chance), attack: "" });
  return { family: "key_abuse", entity: { type: "key", value: partner.keyId }, fast: false, events };
}

/** One password for everybody, over three days, from the addresses of one provider that change all the time. */
export function passwordSpraySlow(stage: Stage): Staged {
  const { chance, company } = stage;
  const { network } = farSpot(chance);
  const targets = company.people.filter((_, i) => i % Math.ceil(company.people.length / 90) === 0);
  const events: Happening[] = [];
  const early = Math.max(0, stage.day + 4 - company.days); // it ends before the tale does
  let t = workHour(stage, 0, 12) - early * DAY;
  for (const person of targets) {
    t += (66 * 60 * MINUTE * (0.5 + chance.next())) / targets.length;
    const event = failedSignIn(chance, addressOf(network, chance.int(1, 900)), { id: person.id, exists: true }, LINUX_CHROME);
    events.push({ t, event, attack: "" });
  }
  return {
    family: "credential_stuffing",
    entity: { type: "service", value: "auth" },
    also: [{ type: "asn", value: String(network.asn) }],
    fast: false,
    events,
  };
}

/** Ids that cannot be guessed, found elsewhere; no more of them in ten minutes than a busy person opens. */
export function objectWalkSlow(stage: Stage): Staged {
  const { chance } = stage;
  const person = someone(stage);
  const at = {
    person,
    session: `s-${person.id}-${stage.day}-slow-walk`,
    spot: addressOf(person.home, person.homeHost),
    agent: agentsOf(person, stage).laptop,
  };
  const start = workHour(stage, 7, 10);
  const events: Happening[] = [{ t: start, event: signIn(at, false) }];
  for (let i = 0, t = start + MINUTE; i < 700; i++, t += 20 * SECOND + chance.wait(20 * SECOND))
    events.push({
      t,
      event: request(sitting(at), { ...ORDER, route: "/v1/customers/{id}", type: "customer" }, chance, chance.int(1, 10_000_000)),
      attack: "",
    });
  return { family: "enumeration", entity: { type: "actor", value: person.id }, fast: false, events };
}

/** As much as a mass export, in small answers over a working day. */
export function exportInPieces(stage: Stage): Staged {
  const { chance } = stage;
  const person = someone(stage);
  const at = {
    person,
    session: `s-${person.id}-${stage.day}-pieces`,
    spot: addressOf(person.home, person.homeHost),
    agent: agentsOf(person, stage).laptop,
  };
  const start = workHour(stage, 7, 9);
  const events: Happening[] = [{ t: start, event: signIn(at, false) }];
  for (let i = 0, t = start + MINUTE; i < 300; i++, t += MINUTE + chance.wait(MINUTE))
    events.push({ t, event: request(sitting(at), { ...EXPORT, action: "http.request", bytes: 1_000_000 }, chance), attack: "" });
  return { family: "data_egress", entity: { type: "actor", value: person.id }, fast: false, events };
}

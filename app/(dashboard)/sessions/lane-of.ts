import type { LaneUse } from "@/lib/charts/lanes";
import { countryName } from "@/lib/model/event-words";
import type { SessionUse } from "@/lib/store/session-records";

/** How a use is sorted into lanes: by address, or by program and device. */
export function laneOf({ at, ip, document }: SessionUse, by: "ip" | "device"): LaneUse {
  const { geo, agent, user_agent, device_id } = document.source ?? {};
  const place = [geo?.city, geo?.country && countryName(geo.country)].filter(Boolean).join(", ") || "Place unknown";
  const program = [agent?.family ?? user_agent?.slice(0, 60), agent?.os].filter(Boolean).join(", ") || "program unknown";
  const refused = document.outcome === "failure";
  if (by === "device")
    return { at: at.getTime(), lane: `${device_id}|${program}`, label: program, detail: device_id ?? "no device id", refused };
  const detail = [geo?.as_org, program].filter(Boolean).join(" · ");
  return { at: at.getTime(), lane: ip ?? "", label: `${place} ${ip ?? ""}`.trim(), detail, refused };
}

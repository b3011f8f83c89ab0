/** What changes in a company within weeks, for many people at once: a move, a new VPN, new passwords, another name for the app. None of it is an attack. */
import type { Chance } from "./chance";

/** The days (0 is the first) on which things change; Infinity: not in these weeks. */
export interface Changes {
  /** The office moves to another line of another provider. */
  officeMove: number;
  /** A few try the new VPN first; then whoever works from home in the afternoon signs in through it. */
  vpnPilot: number;
  vpnRollOut: number;
  /** Everybody needs a new password, and many mistype it. */
  passwords: number;
  /** The sign-in service answers nobody for some minutes of a morning. */
  signInOutage: number;
  /** The app for telephones gets another name, and the API another version in its routes. */
  rename: number;
  /** A partner has more customers than before. */
  partnerGrowth: number;
}

/** Draws what changes in a run of so many days (in none nothing does): each about once a month, on working days. */
export function changesOf(chance: Chance, days: number): Changes {
  const workday = (low: number): number => {
    const day = chance.int(low, Math.max(low, days - 1));
    return day - Math.max(0, (day % 7) - 4);
  };
  const sometime = (low = 2): number => (chance.happens(Math.min(1, days / 28)) ? workday(low) : Number.POSITIVE_INFINITY);
  const vpnRollOut = sometime(8);
  return {
    officeMove: sometime(),
    vpnPilot: vpnRollOut - 7,
    vpnRollOut,
    passwords: sometime(),
    signInOutage: sometime(),
    rename: sometime(),
    partnerGrowth: sometime(),
  };
}

/** The map of the simulated world: cities, networks and the addresses they hand out. Addresses and AS numbers are those reserved for tests and documents. */
import type { Chance } from "./chance";

export interface City {
  name: string;
  country: string;
  lat: number;
  lon: number;
}
/** A network in one city: home lines, an office, a carrier, a data centre. */
export interface Network {
  asn: number;
  org: string;
  city: City;
  /** Second and third octet of its part of 198.18.0.0/15. */
  block: number;
}
/** Where an event comes from. */
export interface Spot {
  ip: string;
  network: Network;
}

const city = (name: string, country: string, lat: number, lon: number): City => ({ name, country, lat, lon });

/** Where the company's people live. */
export const HOME_CITIES = [
  city("Berlin", "DE", 52.52, 13.4),
  city("Hamburg", "DE", 53.55, 10),
  city("Leipzig", "DE", 51.34, 12.37),
  city("Vienna", "AT", 48.21, 16.37),
];
/** Where they travel to. */
export const TRAVEL_CITIES = [
  city("London", "GB", 51.51, -0.13),
  city("Madrid", "ES", 40.42, -3.7),
  city("New York", "US", 40.71, -74.01),
  city("Stockholm", "SE", 59.33, 18.07),
  city("Singapore", "SG", 1.35, 103.82),
];
/** Where data centres stand. */
export const CLOUD_CITIES = [city("Frankfurt", "DE", 50.11, 8.68), city("Dublin", "IE", 53.35, -6.26), city("Amsterdam", "NL", 52.37, 4.9)];
/** Where attackers come from, in this tale. */
export const FAR_CITIES = [
  city("São Paulo", "BR", -23.55, -46.63),
  city("Jakarta", "ID", -6.21, 106.85),
  city("Toronto", "CA", 43.65, -79.38),
  city("Johannesburg", "ZA", -26.2, 28.05),
  city("Sydney", "AU", -33.87, 151.21),
  city("Lima", "PE", -12.05, -77.04),
];

/** Every network has its own block, so that an address names its network. */
const network = (number: number, org: string, at: City): Network => ({ asn: 64_496 + number, org, city: at, block: number });

export const HOME_NETWORKS = HOME_CITIES.flatMap((at, i) => [
  network(i * 2, `${at.name} Broadband`, at),
  network(i * 2 + 1, `${at.name} Cable`, at),
]);
/** Carriers with the city where they hand over to the internet: seldom the one in which the telephone is. */
export const CARRIERS = [
  network(8, "Mobile One", HOME_CITIES[0] as City), // the list above is not empty
  network(9, "Mobile Two", HOME_CITIES[1] as City),
  network(19, "Mobile Three", HOME_CITIES[3] as City),
];
/** Carriers of the last kind above lend a handful of addresses to everybody. */
const SHARED_ADDRESSES = 6;
/** The address that a carrier hands out for the next minutes. */
export const carrierSpot = (carrier: Network, chance: Chance): Spot =>
  addressOf(carrier, chance.int(1, carrier.asn % 2 === 1 ? SHARED_ADDRESSES : 1000));
export const OFFICE = network(10, "Example GmbH", HOME_CITIES[0] as City);
/** Where the company moves to: another line of another provider. */
export const NEW_OFFICE = network(27, "Example GmbH at the harbour", HOME_CITIES[1] as City);
export const TRAVEL_NETWORKS = TRAVEL_CITIES.map((at, i) => network(11 + i, `${at.name} Hotels`, at));
/** What a local card for the telephone leaves through. */
export const TRAVEL_CARRIERS = TRAVEL_CITIES.map((at, i) => network(30 + i, `${at.name} Mobile`, at));
export const CLOUDS = CLOUD_CITIES.map((at, i) => network(16 + i, `${at.name} Cloud`, at));
/** The exit of the company's VPN. */
export const VPN_EXIT = network(26, "Example GmbH VPN", CLOUD_CITIES[2] as City);
/** The exit of the VPN that comes later, for everybody who works from home. */
export const NEW_VPN_EXIT = network(28, "Example GmbH Gateway", CLOUD_CITIES[2] as City);
/** Rented servers in the country where most of the company lives. */
export const NEAR_NETWORK = network(29, "Frankfurt Hosting", CLOUD_CITIES[0] as City);
export const FAR_NETWORKS = FAR_CITIES.map((at, i) => network(20 + i, `${at.name} Hosting`, at));

/** One of the addresses of a network: the same `host` is the same address. A network has 1024. */
export function addressOf(net: Network, host: number): Spot {
  const offset = net.block * 1024 + (host % 1024);
  return { ip: `198.${18 + (offset >> 16)}.${(offset >> 8) & 255}.${offset & 255}`, network: net };
}

/** The IPv6 address of the same line: homes have both, and programs use either. */
export const twinOf = (spot: Spot, host: number): Spot => ({
  ip: `2001:2:0:${spot.network.block.toString(16)}:${(host % 1024).toString(16)}::1`,
  network: spot.network,
});

/** An address of a botnet: anywhere, with the country of one of the far networks. */
export function botSpot(chance: Chance): Spot {
  const net = chance.pick(FAR_NETWORKS);
  return { ip: `198.19.${chance.int(0, 255)}.${chance.int(1, 254)}`, network: net };
}

/** The source of an event at a spot. */
export function sourceAt(spot: Spot): {
  ip: string;
  geo: { country: string; city: string; lat: number; lon: number; radius_km: number; asn: number; as_org: string };
} {
  const { city: at, asn, org } = spot.network;
  return { ip: spot.ip, geo: { country: at.country, city: at.name, lat: at.lat, lon: at.lon, radius_km: 20, asn, as_org: org } };
}

/** The only door to IP data: from an address to a place and a network. Data comes from packages, or from a file in MaxMind's format that the administrator points to. */
import { join } from "node:path";
import ipaddr from "ipaddr.js";
import { type CityResponse, type CountryResponse, open, type Reader } from "maxmind";
import type { Geo } from "@/lib/model/event";
import { addressBits } from "./address-bits";
import { type FindNetwork, openNetworks } from "./networks";

/** Where the data is. */
export interface PlaceSources {
  /** The `node_modules` folder that holds the `@ip-location-db` packages. */
  modulesDirectory: string;
  /** A city or country database in MaxMind's format; its answers win over the packages'. */
  cityFile?: string | undefined;
}

/** What is known of addresses. Look-ups take microseconds and never throw; undefined when nothing is known (private networks, nonsense). */
export interface Places {
  placeOf(ip: string): Geo | undefined;
}

/** Who made the data and under which licence, for the About page. */
export const placeCredits = [
  { name: "geo-whois-asn-country", by: "Number Resource Organization (NRO)", licence: "CC BY 4.0", url: "https://www.nro.net/" },
  { name: "asn", by: "RouteViews", licence: "CC BY 4.0", url: "https://www.routeviews.org/" },
  { name: "asn", by: "DB-IP", licence: "CC BY 4.0", url: "https://db-ip.com" },
] as const;

/** Opens the databases (about a second, 60 MB). Throws when a file is missing or damaged. */
export async function openPlaces(sources: PlaceSources): Promise<Places> {
  const packages = join(sources.modulesDirectory, "@ip-location-db");
  const [countries, networks, cities] = await Promise.all([
    // one file for both families: a look-up in the file of the wrong family answers wrongly without a word
    open<CountryResponse>(join(packages, "geo-whois-asn-country-mmdb", "geo-whois-asn-country.mmdb")),
    openNetworks(join(packages, "asn")),
    sources.cityFile ? open<CityResponse>(sources.cityFile) : undefined,
  ]);
  return { placeOf: (ip) => placeOf(ip, { countries, networks, cities }) };
}

interface Databases {
  countries: Reader<CountryResponse>;
  networks: FindNetwork;
  cities: Reader<CityResponse> | undefined;
}

function placeOf(address: string, databases: Databases): Geo | undefined {
  if (addressBits(address) === undefined) return undefined; // the reader would answer nonsense for nonsense
  const parsed = ipaddr.process(address); // an IPv4 address inside IPv6 counts as IPv4
  if (parsed.range() !== "unicast") return undefined; // registry data names a country even for private networks
  const ip = parsed.toString();
  const network = databases.networks(ip);
  const place: Geo = { ...countryOf(ip, databases.countries), ...cityOf(ip, databases.cities) };
  if (network) place.asn = network.asn;
  if (network?.organisation) place.as_org = network.organisation;
  return Object.keys(place).length > 0 ? place : undefined;
}

/** This package answers `{ country_code }` where MaxMind's own files answer `{ country: { iso_code } }`. */
function countryOf(ip: string, countries: Reader<CountryResponse>): Geo {
  const found: (CountryResponse & { country_code?: string }) | null = countries.get(ip);
  const country = found?.country?.iso_code ?? found?.country_code;
  return country ? { country } : {};
}

function cityOf(ip: string, cities: Reader<CityResponse> | undefined): Geo {
  const found = cities?.get(ip);
  if (!found) return {};
  const place: Geo = {};
  const { location } = found;
  if (found.country?.iso_code) place.country = found.country.iso_code;
  if (found.city?.names.en) place.city = found.city.names.en.slice(0, 256);
  if (location?.latitude !== undefined && location.longitude !== undefined) {
    place.lat = location.latitude;
    place.lon = location.longitude;
    if (location.accuracy_radius !== undefined) place.radius_km = location.accuracy_radius;
  }
  return place;
}

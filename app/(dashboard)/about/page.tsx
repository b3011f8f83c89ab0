import type { Metadata } from "next";
import { currentContext } from "@/app/session";
import { Card } from "@/app/ui/card";
import { PageHeader } from "@/app/ui/page-header";
import packageJson from "@/package.json";
import styles from "./about.module.css";

export const metadata: Metadata = { title: "About" };

/** The data that is not ours: what it is for, whose it is, under which licence. Required by the licences themselves. */
const DATA = [
  {
    name: "Country of an address",
    source: "geo-whois-asn-country by ip-location-db",
    href: "https://github.com/sapics/ip-location-db/tree/main/geo-whois-asn-country",
    licence: "CC0 1.0; made from the statistics of the regional registries, © NRO, CC BY 4.0",
    version: packageJson.dependencies["@ip-location-db/geo-whois-asn-country-mmdb"],
  },
  {
    name: "Network (ASN) of an address",
    source: "asn by ip-location-db, from the RouteViews project and others",
    href: "https://github.com/sapics/ip-location-db/tree/main/asn",
    licence: "CC BY 4.0",
    version: packageJson.dependencies["@ip-location-db/asn"],
  },
];

const PACKAGES = Object.entries(packageJson.dependencies).toSorted(([a], [b]) => a.localeCompare(b));

export default async function AboutPage() {
  await currentContext();
  return (
    <>
      <PageHeader
        title={`Vedette ${packageJson.version}`}
        proof="The open-source, self-hosted sentry for APIs. A vedette is a mounted sentry posted ahead of the line."
      />
      <Card title="Licence">
        <p>
          Vedette is free software under the{" "}
          <a className="link" href="https://www.apache.org/licenses/LICENSE-2.0" rel="noreferrer">
            Apache License 2.0
          </a>
          . Nothing leaves this installation: no telemetry, no fonts, maps or scripts from elsewhere.
        </p>
      </Card>
      <Card title="Data about addresses" note="Shipped with the product and looked up here; no address is sent anywhere.">
        <dl className={styles.data}>
          {DATA.map((entry) => (
            <div key={entry.name}>
              <dt className="strong">{entry.name}</dt>
              <dd>
                <a className="link" href={entry.href} rel="noreferrer">
                  {entry.source}
                </a>
                <span className="muted">
                  {" "}
                  {entry.licence}. Version {entry.version}.
                </span>
              </dd>
            </div>
          ))}
          <div>
            <dt className="strong">City and coordinates</dt>
            <dd className="muted">
              Only when an administrator names a database of their own (GEO_CITY_MMDB); its licence is between them and its maker.
            </dd>
          </div>
        </dl>
      </Card>
      <Card title="Fonts and code">
        <p className={styles.lead}>
          Geist and Geist Mono © Vercel, SIL Open Font License 1.1. Icons: Lucide, ISC. The rules in <code>rules/</code> follow the Sigma
          specification. Vedette runs on PostgreSQL and on these packages, each under its own licence (MIT, ISC, BSD or Apache):
        </p>
        <ul className={styles.packages}>
          {PACKAGES.map(([name, version]) => (
            <li key={name}>
              {name} <span className="faint num">{version}</span>
            </li>
          ))}
        </ul>
      </Card>
    </>
  );
}

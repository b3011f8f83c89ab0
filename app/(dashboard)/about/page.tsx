import type { Metadata } from "next";
import { currentContext } from "@/app/session";
import { Card } from "@/app/ui/card";
import { PageHeader } from "@/app/ui/page-header";
import { placeCredits } from "@/lib/geo/places";
import packageJson from "@/package.json";
import styles from "./about.module.css";

export const metadata: Metadata = { title: "About" };

const versions: Record<string, string> = {
  "geo-whois-asn-country": packageJson.dependencies["@ip-location-db/geo-whois-asn-country-mmdb"],
  asn: packageJson.dependencies["@ip-location-db/asn"],
};

const purpose: Record<string, string> = { "geo-whois-asn-country": "Country of an address", asn: "Network (ASN) of an address" };

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
          {placeCredits.map((entry) => (
            <div key={`${entry.name} ${entry.by}`}>
              <dt className="strong">{purpose[entry.name]}</dt>
              <dd>
                <a className="link" href={entry.url} rel="noreferrer">
                  {entry.by}
                </a>
                <span className="muted">
                  , {entry.licence}, as packed by ip-location-db ({entry.name} {versions[entry.name]}).
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

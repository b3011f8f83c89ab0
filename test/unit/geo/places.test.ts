import { beforeAll, describe, expect, test } from "vitest";
import { addressBits } from "@/lib/geo/address-bits";
import { openPlaces, type Places } from "@/lib/geo/places";

describe("places from the packaged data", () => {
  let places: Places;
  beforeAll(async () => {
    places = await openPlaces({ modulesDirectory: "node_modules" });
  });

  test.each([
    ["8.8.8.8", { country: "US", asn: 15169, as_org: "Google LLC" }],
    ["2001:4860:4860::8888", { country: "US", asn: 15169, as_org: "Google LLC" }],
    ["::ffff:8.8.8.8", { country: "US", asn: 15169, as_org: "Google LLC" }],
    ["2a01:4f8::1", { country: "DE", asn: 24940 }],
  ])("%s is known in both families", (ip, place) => {
    expect(places.placeOf(ip)).toMatchObject(place);
  });

  test.each([
    "10.0.0.1",
    "192.168.1.1",
    "127.0.0.1",
    "::1",
    "fe80::1",
    "nonsense",
    "",
    "1.2.3",
    "999.1.1.1",
    "1.2.3.4.5",
    "::ffff:",
    ":::::",
  ])("%j has no place and breaks nothing", (ip) => {
    expect(places.placeOf(ip)).toBeUndefined();
  });
});

test("addresses as numbers", () => {
  expect(addressBits("1.2.3.4")).toBe(0x01020304);
  expect(addressBits("2001:db8::1")).toBe(0x20010db800000000n);
  expect(addressBits("::ffff:1.2.3.4")).toBe(0x01020304);
  expect(addressBits("1.2..4")).toBeUndefined();
});

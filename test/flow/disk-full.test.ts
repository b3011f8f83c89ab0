/** A disk that fills up: refused before PostgreSQL fails, taken in again without a restart. On a real small disk, where this process may mount one. */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { OwnHouse } from "@/test/support/own-house";
import { until } from "@/test/support/until";

const MIB = 1024 ** 2;
const disk = fs.mkdtempSync(path.join(os.tmpdir(), "vedette-disk-"));
const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1500m,mode=755", "tmpfs", disk]).status === 0;

afterAll(() => {
  if (mounted) spawnSync("umount", [disk]);
  fs.rmSync(disk, { recursive: true, force: true });
});

describe.skipIf(!mounted)("a disk of 1.5 GiB", () => {
  it("under 1 GiB free: 503 with Retry-After while PostgreSQL lives; space again: 2xx; all that was acknowledged is there", async () => {
    const house = await OwnHouse.open({ parent: disk });
    try {
      const post = () =>
        fetch(`http://127.0.0.1:${house.port}/api/v1/events`, {
          method: "POST",
          headers: { "content-type": "application/json", authorization: `Bearer ${house.secret}` },
          body: '[{"action":"a"},{"action":"b"}]',
        });
      let acked = 0;
      const status = async () => {
        const response = await post();
        if (response.status === 200) acked += 2;
        else expect(response.headers.get("retry-after")).toBe("30");
        return response.status;
      };
      expect(await status()).toBe(200);
      const filler = path.join(disk, "filler");
      const { bavail, bsize } = fs.statfsSync(disk);
      fs.writeFileSync(filler, Buffer.alloc(bavail * bsize - 1000 * MIB));
      await until(async () => (await status()) === 503, 10_000);
      expect((await house.query("select count(*)::int as events from event")).rows[0].events).toBe(acked);
      fs.rmSync(filler);
      await until(async () => (await status()) === 200, 30_000);
      expect((await house.query("select count(*)::int as events from event")).rows[0].events).toBe(acked);
    } finally {
      await house.close();
    }
  }, 120_000);
});

import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { oeaTable, pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import type { AdlsLake } from "../../src/lake/adls/adlsLake";
import { adoptLake } from "../../src/pipeline/adopt/adoptLake";
import { verifyLake } from "../../src/pipeline/verify/verify";
import type { AdlsEmulator } from "../adls-emulator/emulator";
import { openLake, startEmulator } from "../helpers/adls";
import { filesBelow } from "../helpers/lakeFiles";
import { lakeRows } from "../helpers/lakeRows";
import { salt } from "../helpers/pipelineFixture";

/** OEA's lake in Azure, where a folder is renamed by one request. */

const template = path.join(import.meta.dirname, "../fixtures/lakes/oea");
const table = pseudoTable(reports.daily_participation);

async function oeaLake(): Promise<{ emulator: AdlsEmulator; lake: AdlsLake }> {
  const emulator = await startEmulator({ now: () => Date.now() });
  const lake = openLake(emulator);
  for (const file of await filesBelow(template)) {
    const content = await readFile(path.join(template, file));
    await lake.putIfAbsent(file, content);
  }
  return { emulator, lake };
}

test.each([undefined, "resetBefore", "resetAfter"] as const)(
  "is adopted; responses to renames: %s",
  async (kind) => {
    const { emulator, lake } = await oeaLake();
    if (kind) {
      emulator.inject({
        fault: { kind },
        operation: "Path.Rename",
        pathIncludes: "_pseudo_oea",
        times: 2,
      });
    }
    const done = await adoptLake({ lake, salt, dryRun: false, maxShrink: 50 });
    expect(done.run).toMatchObject({ anonymized: 3, quarantined: [], failed: [] });
    expect(await lakeRows(lake, table)).toHaveLength(6);
    expect(await lakeRows(lake, oeaTable(table))).toHaveLength(12);
    expect(done.comparison.map(({ months }) => months[0]?.unexplained)).toEqual([0, 0]);
    expect((await verifyLake(lake, salt)).problems).toEqual([]);
  },
);

import { expect, test, vi } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import { userTypes } from "../../src/clever/reports";
import { IndexKeeper } from "../../src/dashboard/index/indexKeeper";
import type { FolderLake } from "../../src/lake/folder";
import type { Lake } from "../../src/lake/lake";
import { caveatsOf } from "../../src/pipeline/plan/caveats";
import { daily, dailyCsv, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** The lake of somebody who may read the pseudonymized tables only. */
function withoutIdentities(lake: FolderLake, refusal: CleverLakeError): Lake {
  return new Proxy(lake, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== "function") return member;
      return (path: string, ...others: unknown[]): unknown => {
        if (/^stage[12]np/.test(path)) throw refusal;
        return member.call(target, path, ...others);
      };
    },
  });
}

const denied = Object.assign(new Error("EACCES"), { code: "EACCES" });

test.each([
  ["a role", new CleverLakeError("auth", "The account has no role there.")],
  ["a file system", new CleverLakeError("io", "It could not be read.", { cause: denied })],
])(
  "people whom %s lets read numbers only get them, with what other programs changed, without the files in quarantine",
  async (_, refusal) => {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath("2024-09-03"), dailyCsv(daily("amy")));
    await fixture.put(dailyPath("2024-09-04"), "nonsense\n1\n");
    await fixture.run();
    const lake = withoutIdentities(fixture.lake, refusal);
    await using keeper = new IndexKeeper({ cacheFolder: await temporaryFolder() });
    expect((await keeper.current(lake))?.rows).toBe(1);
    const { signal } = new AbortController();
    const onDamage = vi.fn();
    const caveats = await caveatsOf(lake, userTypes, signal, onDamage);
    expect(caveats).toEqual({ waiting: undefined, changedByOthers: new Map() });
    expect(await caveatsOf(fixture.lake, userTypes, signal, onDamage)).toEqual({
      waiting: [{ path: dailyPath("2024-09-04"), state: "quarantined" }],
      changedByOthers: new Map(),
    });
    expect(onDamage).not.toHaveBeenCalled();
  },
);

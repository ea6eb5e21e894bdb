import { expect, test } from "vitest";
import { restrictToUser, thisUser } from "../../src/lake/privateFolder";

function recording(answer: string) {
  const ran: string[][] = [];
  const run = async (program: string, args: readonly string[]) => {
    ran.push([program, ...args]);
    return answer;
  };
  return { ran, run };
}

test.each([
  ['"district\\somebody","S-1-5-21-397955417-188441444-500"\r\n', "*S-1-5-21-397955417-188441444-500"],
  ["DISTRICT\\somebody\r\n", "DISTRICT\\somebody"],
])("a user whom Windows reports as %j is named in access control lists", async (said, name) => {
  const { ran, run } = recording(said);
  expect(await thisUser(run)).toBe(name);
  expect(ran).toEqual([["whoami.exe", "/user", "/fo", "csv", "/nh"]]);
});

test("a folder for identities is closed to all but its user, the system and the administrators", async () => {
  const { ran, run } = recording("");
  await restrictToUser("D:\\my lake\\stage1np", "*S-1-5-21-1", run);
  const grants = ["*S-1-5-21-1:(OI)(CI)F", "*S-1-5-18:(OI)(CI)F", "*S-1-5-32-544:(OI)(CI)F"];
  expect(ran).toEqual([["icacls.exe", "D:\\my lake\\stage1np", "/inheritance:r", "/grant:r", ...grants]]);
});

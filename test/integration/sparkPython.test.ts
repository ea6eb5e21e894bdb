import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { maskRules, maskText, type TextKind } from "../../src/clever/maskedText";
import { makeFingerprint } from "../../src/pipeline/salt/saltFingerprint";
import { pythonWithSpark, runPython } from "../helpers/python";
import { sparkScripts } from "../helpers/sparkEngine";
import { temporaryFolder } from "../helpers/temporaryFolder";

let python: string | undefined;
beforeAll(async () => {
  python = await pythonWithSpark();
}, 600_000);

test.each([
  ["ruff", "check", "--no-cache", "."],
  ["ruff", "format", "--no-cache", "--diff", "."],
])("the Spark scripts pass %s %s", (...args) => {
  if (!python) return;
  const { stdout, stderr, status } = spawnSync(python, ["-m", ...args], {
    cwd: sparkScripts,
    encoding: "utf8",
  });
  expect({ status, reported: status === 0 ? "" : stdout + stderr }).toEqual({ status: 0, reported: "" });
});

test("the Spark scripts pass mypy for Python 3.9", async () => {
  if (!python) return;
  const args = [
    "-m",
    "mypy",
    "--strict",
    "--python-version",
    "3.9",
    "--cache-dir",
    await temporaryFolder(),
    ".",
  ];
  const { stdout, status } = spawnSync(python, args, { cwd: sparkScripts, encoding: "utf8" });
  expect({ status, reported: status === 0 ? "" : stdout }).toEqual({ status: 0, reported: "" });
});

test("Python masks the same parts of texts as TypeScript", async () => {
  if (!python) return;
  const word = fc.constantFrom(
    ..."Lexia Core5 maps k12-resources students users 12 2048 jdoe24 sis-7 a.b-c 0123456789abcdef01234567".split(
      " ",
    ),
    ..."https://x.example ann@example.org ann%40example.org studentId user login 712345 Peña 学校 %C3%B1 %zz %2Fusers%2F12".split(
      " ",
    ),
    ..."[pseudonym] q=sis-7 id=abc 2024 room a+b _x_ 1_2_3 É4444".split(" "),
  );
  const join = fc.constantFrom(" ", "/", "?", "=", "&", "#", ":", ";", "-", ".", "_", "");
  const text = fc
    .array(fc.tuple(word, join), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.flat().join(""));
  const kind = fc.constantFrom<TextKind[]>("name", "words", "id");
  const texts = fc.sample(fc.tuple(text, kind), { numRuns: 4_000, seed: 7 });
  const request = { scripts: sparkScripts, rules: maskRules, texts };
  const answers = (await runPython(python, "maskedTexts.py", request)) as readonly (
    | readonly string[]
    | null
  )[];
  const different = texts.filter(([each, what], index) => {
    const asked = new Set<string>();
    const masked = maskText(each, what, (id) => {
      asked.add(id);
      return false;
    });
    const answer = answers[index];
    // What is always masked needs no further check.
    if (masked !== each) return answer !== null;
    return answer === null || answer === undefined || [...asked].sort().join() !== [...answer].sort().join();
  });
  expect(different).toEqual([]);
});

describe("the salt on a cluster", () => {
  const vault = "https://district.vault.azure.net";
  const ask = async (service: string, secret: string | null, own = "the salt of this lake") => {
    if (!python) return undefined;
    const proof = await makeFingerprint(own);
    return runPython(python, "clusterSalt.py", { scripts: sparkScripts, service, vault, secret, proof });
  };

  test.each([
    ["synapse", ["district", "oeaSalt"]],
    ["fabric", [vault, "oeaSalt"]],
  ])("is requested as %s documents it, and normalized as in the lake", async (service, call) => {
    for (const form of ["the salt of this lake", "the salt of this lake\n"]) {
      const answer = await ask(service, form);
      if (answer) expect(answer).toEqual({ salt: "the salt of this lake", asked: [call] });
    }
  });

  test.each([
    ["another lake's salt", "the key vault has another salt than this run"],
    ["", "the secret is empty"],
    [null, "RuntimeError"],
  ])("is not %j", async (secret, noSalt) => {
    const answer = await ask("fabric", secret);
    if (answer) expect(answer).toMatchObject({ noSalt });
  });
});

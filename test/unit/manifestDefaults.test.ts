import { expect, test } from "vitest";
import * as z from "zod";
import { contributes } from "../../package.json";
import { configSchema } from "../../src/config";
import { defaultSchoolYearStart, monthAndDay } from "../../src/dashboard/opening";

/** A part of a JSON schema, as in the manifest. */
interface Setting {
  readonly type?: string;
  readonly default?: unknown;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Setting>>;
  readonly items?: Setting;
  readonly [keyword: string]: unknown;
}

/** VS Code's settings, without their prefix. */
const properties: Readonly<Record<string, Setting>> = contributes.configuration.properties;
const settings = new Map(
  Object.entries(properties).map(([name, setting]) => [name.replace(/^clever\./, ""), setting]),
);

/** The keys of the command line's configuration, as the settings name them. */
const keys = new Map(
  leaves("", z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" }) as Setting),
);

function leaves(name: string, { properties: parts, ...schema }: Setting): [string, Setting][] {
  if (parts === undefined) return [[name, schema]];
  return Object.entries(parts).flatMap(([key, part]) => leaves(name === "" ? key : `${name}.${key}`, part));
}

/** What a value must be, without a text's least length: an empty setting is one that is not set. */
function rules({ type, default: value, items, ...others }: Setting) {
  const kept = ["enum", "minimum", "maximum", "maxLength", "minItems"].flatMap((keyword) => {
    const limit = others[keyword];
    const isNone = limit === undefined || Math.abs(Number(limit)) === Number.MAX_SAFE_INTEGER;
    return isNone ? [] : [[keyword, limit]];
  });
  return {
    type,
    default: value ?? (type === "string" ? "" : undefined),
    items: items?.enum,
    ...Object.fromEntries(kept),
  };
}

test("every setting is a key of the command line's configuration, or VS Code's alone", () => {
  const ofVsCode = ["sampleDistrict", "schoolYearStart", "checkEvery", "runAutomatically"];
  expect([...settings.keys()].sort()).toEqual([...keys.keys(), ...ofVsCode].sort());
});

test.each([...keys])("the setting %s has the command line's default and limits", (key, schema) => {
  expect(rules(settings.get(key) ?? {})).toEqual(rules(schema));
});

test("the school year begins on the same day", () => {
  const { default: start, pattern = "" } = settings.get("schoolYearStart") ?? {};
  expect(start).toBe(defaultSchoolYearStart);
  expect(new RegExp(pattern).source).toBe(monthAndDay.source);
});

test("the school year begins on a day that exists", () => {
  const days = Array.from({ length: 366 }, (_, day) =>
    new Date(Date.UTC(2024, 0, 1 + day)).toISOString().slice(5, 10),
  );
  const twoDigits = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, "0"));
  const all = twoDigits.flatMap((month) => twoDigits.map((day) => `${month}-${day}`));
  expect(all.filter((day) => monthAndDay.test(day))).toEqual(days);
  expect(["8-1", "08-1", "08-01 ", "x08-01"].filter((day) => monthAndDay.test(day))).toEqual([]);
});

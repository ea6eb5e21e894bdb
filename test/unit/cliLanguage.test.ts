import { expect, test } from "vitest";
import { languageOf } from "../../src/cli/dashboard";

test.each([
  [{}, "en"],
  [{ LANG: "C.UTF-8" }, "en"],
  [{ LANG: "es_MX.UTF-8" }, "es"],
  [{ LANG: "es" }, "es"],
  [{ LANG: "es-MX" }, "es"],
  [{ LANG: "est_EE.UTF-8" }, "en"],
  [{ LANG: "es_ES", LC_ALL: "en_US.UTF-8" }, "en"],
  [{ LANG: "en_US", LC_ALL: "", LC_MESSAGES: "es_US.UTF-8" }, "es"],
])("the language of the locale %j is %s", (environment, language) => {
  expect(languageOf(environment)).toBe(language);
});

test("without a variable, the system's is used", () => {
  expect(languageOf({}, "es-US")).toBe("es");
  expect(languageOf({ LANG: "en_US" }, "es-US")).toBe("en");
});

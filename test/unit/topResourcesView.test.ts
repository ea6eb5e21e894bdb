import { expect, test } from "vitest";
import { questionViews } from "../../src/assets/sql/views";
import { personColumn } from "../../src/clever/person";
import { Duck } from "../../src/duck/duck";

test("resources with the same name but different types rank separately among the top five, as on the dashboard", async () => {
  await using duck = await Duck.open({ threads: 1 });
  const body = questionViews.find(({ name }) => name === "top_resources_by_school")?.body ?? "";
  const found = await duck.session(async (session) => {
    await session.query(`CREATE SCHEMA people;
CREATE TABLE people.resource_usage (${personColumn} VARCHAR, school_name VARCHAR, user_type VARCHAR,
  resource VARCHAR, resource_name VARCHAR, resource_type VARCHAR);
INSERT INTO people.resource_usage VALUES
  ('amy', 'North', 'student', 'app|Maps', 'Maps', 'app'), ('ben', 'North', 'student', 'link|Maps', 'Maps', 'link'),
  ('amy', 'North', 'student', 'app|Lexia', 'Lexia', 'app'), ('cat', 'South', 'student', 'app|Lexia', 'Lexia', 'app')`);
    return session.query(`FROM (${body}) ORDER BY ALL`);
  });
  expect(
    found.map(({ place, resource_name, resource_type, school_name, users }) =>
      [place, resource_name, resource_type, school_name, users].join(" "),
    ),
  ).toEqual(["1 Lexia app North 1", "1 Lexia app South 1", "2 Maps app North 1", "3 Maps link North 1"]);
});

import path from "node:path";
import { stringify } from "csv-stringify/sync";
import { rosterFileName } from "../clever/roster";
import type { SampleDistrict } from "./district";
import type { SamplePerson } from "./people";
import { between, type Random, randomStream } from "./random";
import { writeSampleFile } from "./writeFile";

/** The path of the roster, next to the reports' folders. */
export const sampleRosterPath = `roster/${rosterFileName}`;

/** Columns of Clever's SFTP specification, in its order; the last ones are about a student's contacts. */
const columns = (
  "School_id Student_id Student_number State_id Last_name Middle_name First_name Grade Gender " +
  "Graduation_year DOB Race Hispanic_Latino Home_language Ell_status Frl_status Iep_status " +
  "Student_street Student_city Student_state Student_zip Student_email Contact_relationship " +
  "Contact_type Contact_name Contact_phone Contact_email"
).split(" ");

const firstNames = [
  ..."Ada,Amara,Beatriz,Caleb,Chiyo,Darius,Elif,Émile,Farah,Gael,Hana,Imani,Jonas,Kalinda,Leif".split(","),
  ..."Mateo,Mei-Lin,Nia,Oleander,Priya,Quill,Rosalind,Søren,Tadeo,Umi,Vesna,Wren,Ximena,Yusuf,Zofia".split(
    ",",
  ),
];
const lastNames = [
  ..."Abernathy,Baptiste,Castellanos,Dragomir,Eze,Fairweather,Guðmundsson,Hollander,Ibarra".split(","),
  ..."Jankowski,Kaleo,Lindqvist,Marchetti,Nakagawa,O'Dell,Peñaloza,Quarles,Rosenthal,Sadeghi".split(","),
  ..."Thistlewood,Underhill,Vantongeren,Whitefeather,Xiong,Yazzie,Zabriskie".split(","),
];
const streets = ["Alder Way", "Birch Lane", "Canal Street", "Dogwood Court", "Elm Terrace, Unit 4"];
const letters = "ABCDEFGHIJKLMNOPRSTW";

/** Age of a first grader in August, and school years until graduation. */
const ages = { first: 6, schoolYears: 12 };

/**
 * Writes the roster of the students who are enrolled on the district's last day, in Clever's format, with invented
 * names, birth dates and contacts; resolves to its path below `folder`. The same district gives the same file. Rejects
 * with `io` if writing fails, or with the signal's reason.
 */
export async function writeRoster(
  district: SampleDistrict,
  folder: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<string> {
  const lastDay = district.days.at(-1) ?? "";
  await writeSampleFile({
    subject: sampleRosterPath,
    target: path.join(folder, sampleRosterPath),
    text: rosterRows(district),
    modified: new Date(Date.parse(lastDay) + 29 * 3_600_000),
    signal,
  });
  return sampleRosterPath;
}

function* rosterRows(district: SampleDistrict): Generator<string> {
  const random = randomStream(district.seed, "roster");
  const schoolIds = new Map(district.schools.map((school, index) => [school, String(101 + index)]));
  const year = Number(district.days[0]?.slice(0, 4));
  const last = district.days.length - 1;
  yield stringify([columns]);
  for (const person of district.people.students) {
    const rows = studentRows(person, schoolIds.get(person.school) ?? "", year, random);
    // Drawn for everyone, so that each student's data is the same in a longer district.
    if (person.joinsAt <= last && (person.leavesAt ?? Number.POSITIVE_INFINITY) > last) yield stringify(rows);
  }
}

/** A student has a row for each contact. */
function studentRows(person: SamplePerson, schoolId: string, year: number, random: Random): string[][] {
  const pick = <T>(from: ArrayLike<T>) => from[Math.floor(random() * from.length)] as T;
  const [first, lastName] = [pick(firstNames), pick(lastNames)];
  const grade = person.grade === "Kindergarten" ? 0 : Number(person.grade);
  const birthYear = year - ages.first - grade + 1 - between(random, 0, 1);
  const user = `${first}.${lastName}${person.sisId.slice(-4)}`
    .normalize("NFD")
    .replace(/[^\w.-]/g, "")
    .toLowerCase();
  const student = [
    schoolId,
    person.sisId,
    String(between(random, 200_000_000, 299_999_999)),
    `ST${between(random, 1_000_000, 9_999_999)}`,
    lastName,
    pick(letters),
    first,
    person.grade ?? "",
    pick("FMX"),
    String(year + ages.schoolYears - grade + 1),
    `${between(random, 1, 12)}/${between(random, 1, 28)}/${birthYear}`,
    pick("WBAIPM"),
    pick("YNNN"),
    pick(["English", "English", "Spanish", "Vietnamese", "Somali"]),
    pick("YNNNN"),
    pick("FRNN"),
    pick("YNNNNN"),
    `${between(random, 1, 999)} ${pick(streets)}`,
    "Sampleton",
    "OR",
    String(between(random, 97_001, 97_999)),
    `${user}@students.example.org`,
  ];
  const contact = (relationship: string) => [
    ...[relationship, "Family", `${pick(firstNames)} ${lastName}`],
    ...[`555-01${between(random, 10, 99)}`, `${relationship.toLowerCase()}.${user}@mail.example.org`],
  ];
  const contacts = [contact("Mother"), ...(random() < 0.3 ? [contact("Father")] : [])];
  return contacts.map((cells) => [...student, ...cells]);
}

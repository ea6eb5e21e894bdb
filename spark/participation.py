# mypy: ignore-errors
# ruff: noqa: E402, E501, F821
# The source of the notebook that `clever-lake assets --only notebook` generates: cells in the percent format.
# src/assets/notebook replaces the placeholders in double braces with the lake's definitions.

# %% [markdown]
# # Clever participation: from landed files to answers
#
# Every night, Clever publishes who signed in and which apps they used. Clever Lake ingests these files into your data lake,
# replaces every id with a pseudonym, and keeps the result in Delta tables. This notebook repeats that process step by step,
# so that you can see what happens to the data, check it, and answer questions with it:
#
# 1. **What landed**: the files in the lake, and the outcome of each.
# 2. **Clean and transform**: read the landed files and check every value.
# 3. **Pseudonymize**: replace ids with pseudonyms.
# 4. **Prove**: compare the result, row by row, with the lake's tables.
# 5. **Enrich**: add each student's grade.
# 6. **Ask**: which resources are used, by whom, how often?
#
# **It is read-only.** Only `clever-lake run` writes the tables. It knows which file is newer, asks a person before it accepts
# bad data, and records each commit. Rows that a notebook added would be counted twice, and `clever-lake status` would report
# them as changes by another program. This notebook therefore computes what the tables should contain, compares the two,
# and writes nothing.
#
# **Who may run it.** Steps 1 to 4 read files with children's ids (`stage1np`, `stage2np`) and need the salt. Steps 5
# and 6 read only pseudonyms (`stage2p`). Set `CHECK_LANDED = False` below if you may not read identities.
#
# **Before you share it**, clear the outputs. They contain no ids, pseudonyms or salt, but they do contain counts and the names
# of schools and resources.

# %% [markdown]
# ## Settings
# These were filled in for your lake.

# %%
# Where the lake is: the folder of each stage.
STAGES = {{stages}}
# The key vault that holds the salt, and the name of the secret. On your own machine, set CLEVER_SALT in the environment instead.
SALT_KEY_VAULT = {{saltKeyVault}}
SALT_SECRET = {{saltSecret}}
# The module that reads the files: a path next to this notebook, or an address in the lake or a lakehouse.
MODULE = {{module}}
# The user type that the questions are about: student, teacher or staff.
USER_TYPE = {{userType}}
# Schools, grades, resources and days with fewer people than this are excluded from charts and tables.
MINIMUM_GROUP_SIZE = {{minimumGroupSize}}
# Whether to run steps 1 to 4, and the first landing date to check (yyyy-mm-dd; empty for all).
CHECK_LANDED = True
LANDED_SINCE = ""

# %% [markdown]
# ## Start
# Synapse and Fabric provide a Spark session. Elsewhere this cell starts one on your machine. The module
# `clever_lake` is the code that Clever Lake itself runs on Spark, so what you see here is what a run does.

# %%
import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

if "://" in MODULE:
    SparkSession.builder.getOrCreate().sparkContext.addPyFile(MODULE)
else:
    sys.path.insert(0, MODULE)

from clever_lake import notebook, pictures
from clever_lake.documents import read_specification
from clever_lake.file_systems import exists
from clever_lake.landed import Delivery, read_landed

spark = notebook.open_session()
spark.conf.set("spark.sql.session.timeZone", "UTC")
spark.conf.set("spark.sql.ansi.enabled", "false")
# Spark's executors need the module too.
spark.sparkContext.addPyFile(MODULE)


def at(path):
    """The address of a path of the lake."""
    stage, _, rest = path.partition("/")
    return f"{STAGES[stage]}/{rest}"


def delta(path):
    """A Delta table of the lake."""
    return spark.read.format("delta").load(at(path))


def is_there(path):
    """Whether the lake has a table at this path."""
    return exists(spark, at(path) + "/_delta_log")


DEFINITIONS = notebook.definitions()
pictures.say(f"Spark {spark.version}, Clever Lake {DEFINITIONS['version']}.")

# %% [markdown]
# ## 1. What landed
# Every ingested file has an entry in the **ingest log**, a Delta table. A file can be delivered several times, because
# Clever corrects files. The last delivery of a file whose rows entered the tables is the *current* one. A file in
# *quarantine* waits for a person's decision: none of its rows are in the tables until somebody accepts it.


# %%
def last_of_each(entries):
    """The newest entry of each file."""
    place = F.expr("row_number() OVER (PARTITION BY source ORDER BY {{newestEntry}})")
    return entries.withColumn("place_", place).where("place_ = 1").drop("place_")


# The log is next to the landed files, in `stage1np`.
if CHECK_LANDED:
    log = delta(DEFINITIONS["ingestLog"])
    last = last_of_each(log).persist()
    current = last_of_each(log.where("outcome = 'anonymized'")).persist()
    outcomes = last.groupBy("report", "user_type", "outcome").agg(
        F.count("*").alias("files"), F.max("last_day").alias("day")
    )
    pictures.table(
        ["Report", "People", "Outcome", "Files", "Newest day"],
        [
            [row["report"], row["user_type"], row["outcome"], row["files"], row["day"]]
            for row in outcomes.orderBy("report", "user_type", "outcome").collect()
        ],
        "anonymized: its rows are in the table. quarantined: it waits for a decision. duplicate: the same bytes landed before.",
    )
else:
    pictures.say("Skipped: CHECK_LANDED is False.")

# %%
problems = last.where("outcome = 'quarantined'").orderBy("path").collect() if CHECK_LANDED else []
if problems:
    pictures.table(
        ["File", "Line", "Column", "What is wrong"],
        [[row["path"], row["line"], row["column"], row["reason"]] for row in problems],
        "Open the file's preview in Clever Lake, or run `clever-lake status`, to decide what to do with it.",
    )
elif CHECK_LANDED:
    pictures.say("No file is in quarantine.")

# %% [markdown]
# ## 2. Clean and transform
# The current files are read again as Clever published them. The module parses each line and checks every cell against the
# form that Clever writes: a date is `2024-09-03`, a count is a whole number, a row has as many cells as the header. It also
# looks for problems that no single row shows: duplicate rows, ids that several people share, ids that lost their leading
# zeros, and texts that contain somebody's id.
#
# A file with any such finding is **left to the judge**, the part of Clever Lake that reports line, column and reason. This
# does not mean that the file is wrong: the judge can read dates from a spreadsheet, for example.

# %%
reports = DEFINITIONS["reports"]
entries = {}
readings = {}
if CHECK_LANDED:
    # All ids that the lake knows, to find ids where they do not belong.
    known = spark.createDataFrame([], "id string")
    for report in reports.values():
        if is_there(report["lookup"]):
            ids = delta(report["lookup"]).select(F.explode(F.array(*report["identities"])).alias("id"))
            known = known.union(ids.where("id IS NOT NULL"))
    known = known.distinct().persist()
    due = current if LANDED_SINCE == "" else current.where(F.col("time") >= F.lit(LANDED_SINCE))
    rows = []
    for name, report in reports.items():
        entries[name] = due.where(F.col("report") == name).collect()
        files = [
            Delivery(row["source"], at(row["landed_path"]), row["user_type"], row["size"])
            for row in entries[name]
            # If a file was accepted without its bad rows, only the judge knows which ones those are.
            if row["size"] > 0 and not row["rows_refused"]
        ]
        if files:
            reading = read_landed(spark, read_specification(report["specification"]), files, known)
            readings[name] = reading
            total = sum(reading.clean.values())
            rows.append([report["title"], len(files), len(reading.clean), total, len(reading.left)])
    pictures.table(["Report", "Files", "Clean files", "Rows in them", "Left to the judge"], rows)
    left = [[source, why] for reading in readings.values() for source, why in sorted(reading.left.items())]
    if left:
        pictures.table(["Left to the judge", "Why"], left[:50], f"{len(left):,} in total.")
else:
    pictures.say("Skipped: CHECK_LANDED is False.")

# %% [markdown]
# ## 3. Pseudonymize
# A pseudonym is the SHA-256 of the id followed by a secret, the **salt**:
#
# > `sha256("st1" + "salt")` → `{{examplePseudonym}}`
#
# The same person always gets the same pseudonym, so their days can be joined. Nobody can compute it without the salt. (If there
# were no salt, anybody could, because there are few possible ids.) The salt comes from the key vault or the environment. It is
# only in this session's memory, never in a cell, an output or a table.
#
# The **lookup tables** in `stage2np` map pseudonyms to ids, for people who are allowed to see identities.

# %%
salt = notebook.find_salt(SALT_KEY_VAULT, SALT_SECRET) if readings else None
if salt is not None:
    salt = notebook.form_of_lake(spark, salt, at(DEFINITIONS["saltFingerprint"]))
if not readings:
    pictures.say("Skipped: there is nothing to pseudonymize.")
elif salt is None:
    pictures.say(
        "Skipped: no salt. Set SALT_KEY_VAULT in Synapse or Fabric, or CLEVER_SALT in the environment."
    )
else:
    rows = []
    for name, reading in readings.items():
        lookup = delta(reports[name]["lookup"])
        somebody = F.coalesce(*reports[name]["identities"]).isNotNull()
        people = reading.people(salt).where(somebody).select(*lookup.columns).persist()
        rows.append([reports[name]["title"], people.count(), people.exceptAll(lookup).count()])
        people.unpersist()
    pictures.table(
        ["Report", "Different people in the files", "Missing or different in the lookup table"], rows
    )
    if any(missing == total > 0 for _, total, missing in rows):
        pictures.say(
            "None of the pseudonyms match the lake: this is not its salt. The comparison below will fail."
        )

# %% [markdown]
# ## 4. Prove
# The landed files have now become the rows that the tables should contain. Do the tables contain exactly these rows? Both
# sides are compared row by row, with all columns, and duplicates are counted.
#
# If two files have a row for the same person and day, the row of the newer file counts, and the other one is *superseded*. The
# landed files may therefore have more rows than the tables. The ingest log says how many.

# %%
if salt is None:
    pictures.say("Skipped: there is nothing to compare.")
else:
    rows = []
    for name, reading in readings.items():
        sources = list(reading.clean)
        in_table = delta(reports[name]["table"]).where(F.col("source_file").isin(sources)).persist()
        landed = reading.table(salt).select(*in_table.columns).persist()
        superseded = sum(
            row["rows_superseded"] or 0 for row in entries[name] if row["source"] in reading.clean
        )
        alone = in_table.exceptAll(landed).count()
        missing = landed.exceptAll(in_table).count() - superseded
        rows.append([reports[name]["title"], landed.count(), superseded, in_table.count(), alone, missing])
        in_table.unpersist()
        landed.unpersist()
    pictures.table(
        [
            "Report",
            "Rows landed",
            "Superseded",
            "Rows in the table",
            "Only in the table",
            "Missing in the table",
        ],
        rows,
    )
    if all(alone == 0 and missing == 0 for *_, alone, missing in rows):
        pictures.say("✓ No discrepancies found: the tables have exactly the rows of these files.")
    else:
        pictures.say(
            "✗ The tables and the landed files differ. Run `clever-lake verify` and `clever-lake repair --dry-run`."
        )

# %%
# The rows with ids are no longer needed in memory.
for reading in readings.values():
    reading.close()
salt = None

# %% [markdown]
# ## 5. Enrich
# From here on, everything is computed from the pseudonymized tables in `stage2p`.
#
# - **Who is a person?** A row has up to two pseudonyms: of Clever's id, and of the school system's id. Clever's id identifies
#   a person. A row without it is matched by the school system's id, through rows that have both.
# - **What is a resource?** It is identified by Clever's resource id and shown under its newest name. Resources of the same
#   name and type are one: a link that twenty teachers added counts once.
# - **What is a school?** It is identified by its name. If Clever's ids of a school have another name later, it was renamed:
#   its rows count under its current name. Rows without a name count for the school that their id identifies.
# - **Which grade?** The reports have no grades. They come from Clever's roster (`clever-lake roster`), matched by the school
#   system's id.

# %%
for report in reports.values():
    if is_there(report["table"]):
        rows = delta(report["table"])
    else:
        # No file of this report was pseudonymized yet.
        stored = [f"{column['name']} {column['type']}" for column in report["specification"]["stored"]]
        columns = stored + [f"{name} int" for name in report["specification"]["partitions"]]
        rows = spark.createDataFrame([], ", ".join(columns))
    rows.createOrReplaceTempView(report["view"])

PERSON_OF_SIS_ID = """
{{people.person_of_sis_id}}
"""
spark.sql(PERSON_OF_SIS_ID).createOrReplaceTempView("people_person_of_sis_id")

# A school that was renamed is one school, under its current name.
CURRENT_SCHOOL = """
{{people.current_school}}
"""
spark.sql(CURRENT_SCHOOL).createOrReplaceTempView("people_current_school")

DAILY_PARTICIPATION = """
{{people.daily_participation}}
"""
spark.sql(DAILY_PARTICIPATION).persist().createOrReplaceTempView("people_daily_participation")

# A resource that was renamed is one resource, under its newest name.
NEWEST_RESOURCE = """
{{people.newest_resource}}
"""
spark.sql(NEWEST_RESOURCE).createOrReplaceTempView("people_newest_resource")

RESOURCE_USAGE = """
{{people.resource_usage}}
"""
spark.sql(RESOURCE_USAGE).persist().createOrReplaceTempView("people_resource_usage")

# %%
GRADE_OF_PERSON = """
{{people.grade_of_person}}
"""
roster = DEFINITIONS["roster"]
has_roster = is_there(roster["table"])
if has_roster:
    delta(roster["table"]).createOrReplaceTempView(roster["view"])
    spark.sql(GRADE_OF_PERSON).createOrReplaceTempView("people_grade_of_person")
    counts = spark.sql(
        "SELECT COUNT(*) AS students, COUNT(grade) AS graded FROM people_grade_of_person"
    ).first()
    pictures.say(
        f"The roster has {counts['students']:,} of the students in the reports, {counts['graded']:,} with a grade."
    )
else:
    pictures.say(
        "There is no roster yet, so there are no numbers by grade. Import one with `clever-lake roster`."
    )

# %% [markdown]
# ## 6. Ask
#
# **How small groups are treated here.** A school, grade, resource or day with fewer than `MINIMUM_GROUP_SIZE` people is named,
# but its numbers are not shown. This keeps single children out of a chart. It is **not** the full rule of Clever Lake's
# dashboard, which joins small groups so that subtracting numbers reveals nothing. Anybody who may run this notebook may
# read `stage2p` row by row anyway. To show numbers to others, export them from the dashboard.


# %%
def ask(question):
    """The rows of an answer for the selected user type."""
    return spark.sql(question).where(F.col("user_type") == USER_TYPE)


def enough(rows, name):
    """The rows with enough people. The others are named, without a number."""
    small = [pictures.text_of(row[name]) for row in rows if row["users"] < MINIMUM_GROUP_SIZE]
    if small:
        pictures.say(f"Suppressed, with fewer than {MINIMUM_GROUP_SIZE} people: {', '.join(small)}.")
    return [row for row in rows if row["users"] >= MINIMUM_GROUP_SIZE]


def many(count):
    """A count of people; None if it is unknown, or small but not zero."""
    return count if count == 0 or (count or 0) >= MINIMUM_GROUP_SIZE else None


SUMMARY = """
{{questions.summary}}
"""
summary = ask(SUMMARY).first()
if summary is None:
    raise ValueError(f"The tables have no row about USER_TYPE = {USER_TYPE!r}.")
if summary["users"] < MINIMUM_GROUP_SIZE:
    raise ValueError(f"There are fewer than {MINIMUM_GROUP_SIZE} people: nothing is shown about so few.")
pictures.table(
    ["People in the reports", "Days", "Active at least once"],
    [[summary["users"], summary["days"], many(summary["active_users"])]],
)

# %% [markdown]
# ### How many different resources are used on a day?
# Every app and link counts once a day, however many people used it. A day without a resource usage report is a gap, because
# nothing is known about it. Days with few people in the reports are excluded.

# %%
BY_DAY = """
{{questions.by_day}}
"""
SEEN = """
SELECT user_type, date, person_pseudonym FROM people_daily_participation
UNION
SELECT user_type, date, person_pseudonym FROM people_resource_usage
"""
seen = ask(SEEN).groupBy("date").agg(F.count("person_pseudonym").alias("users"))
days = enough(ask(BY_DAY).join(seen, "date").orderBy("date").collect(), "date")
# Unknown if people used resources on that day but its resource usage report is missing.
gaps = [str(row["date"]) for row in days if row["different_resources"] is None]
if gaps:
    pictures.say(f"The report of resource usage is missing for: {', '.join(gaps)}.")
if days:
    pictures.line(
        "Distinct resources used per day",
        f"User type: {USER_TYPE}",
        [row["date"] for row in days],
        [row["different_resources"] for row in days],
        "Apps and links with at least one access",
    )
pictures.table(
    ["Day", "Distinct resources", "Logins", "Resources accessed", "Active people"],
    [
        [row["date"], row["different_resources"], row["logins"], row["resources"], many(row["active_users"])]
        for row in days[-40:]
    ],
    f"The last {min(40, len(days))} days. A dash: the report is missing, or few people were active.",
)

# %% [markdown]
# ### Which resources are used, and how often?
# *People* is the number of different people who used the resource. *Person-days* is the total number of days on which they used
# it. *Accesses* is how often they opened it through Clever.

# %%
BY_RESOURCE = """
{{questions.by_resource}}
"""
resources = ask(BY_RESOURCE).orderBy(F.desc("users"), "resource_name", "resource_type").collect()
shown = enough(resources, "resource_name")
if shown:
    pictures.bars(
        "Most used resources",
        "The fifteen with the most people",
        [str(row["resource_name"]) for row in shown[:15]],
        [row["users"] for row in shown[:15]],
        "Different people",
    )
pictures.table(
    ["Resource", "Type", "People", "Person-days", "Accesses", "Accesses per person"],
    [
        [
            row["resource_name"],
            row["resource_type"],
            row["users"],
            row["person_days"],
            row["accesses"],
            row["accesses"] / row["users"] if row["users"] else None,
        ]
        for row in shown
    ],
)

# %% [markdown]
# **One person's use.** The view `people_uses_of_person` answers the same question for a single person. The answer is about one
# child, so it is shown only on request: set `PERSON` to a pseudonym, and clear the output before you share the notebook.

# %%
PERSON = ""

USES_OF_PERSON = """
{{people.uses_of_person}}
"""
spark.sql(USES_OF_PERSON).createOrReplaceTempView("people_uses_of_person")
if PERSON:
    uses = spark.table("people_uses_of_person").where(F.col("person_pseudonym") == PERSON)
    pictures.table(
        ["Resource", "Type", "Days", "Accesses"],
        [
            [row["resource_name"], row["resource_type"], row["days"], row["accesses"]]
            for row in uses.orderBy(F.desc("accesses"), "resource_name").collect()
        ],
    )

# %% [markdown]
# ### How many resources does a student use, by school and by grade?
# *Distinct resources per person* is the number of distinct pairs of person and resource, divided by the number of people. People
# who used nothing are included, so a low number may mean that many do not use Clever at all.

# %%
BY_SCHOOL = """
{{questions.by_school}}
"""
schools = ask(BY_SCHOOL).orderBy("school_name").collect()
shown = enough(schools, "school_name")
known = [row for row in shown if row["average_different_resources"] is not None]
if known:
    pictures.bars(
        "Distinct resources per person, by school",
        "People without any use are included",
        [str(row["school_name"]) for row in known],
        [row["average_different_resources"] for row in known],
        "Resources per person, over all days",
    )
pictures.table(
    ["School", "People", "Distinct resources per person", "Logins per day", "Resources per day"],
    [
        [
            row["school_name"],
            row["users"],
            row["average_different_resources"],
            row["average_logins"],
            row["average_resources"],
        ]
        for row in shown
    ],
    "Per day: the average over all days of all people in the report, including days without use. A dash: the report is missing.",
)

# %%
BY_GRADE = """
{{questions.by_grade}}
"""
if has_roster and USER_TYPE == "student":
    grades = spark.sql(BY_GRADE).collect()
    order = {grade: index for index, grade in enumerate(DEFINITIONS["grades"])}
    grades.sort(
        key=lambda row: (row["grade"] is None, order.get(row["grade"], len(order)), str(row["grade"]))
    )
    shown = enough(grades, "grade")
    known = [row for row in shown if row["average_different_resources"] is not None]
    if known:
        pictures.bars(
            "Distinct resources per student, by grade",
            "Grades are those of the newest roster",
            [str(row["grade"] or "no grade") for row in known],
            [row["average_different_resources"] for row in known],
            "Resources per student, over all days",
        )
    pictures.table(
        ["Grade", "Students", "Distinct resources per student"],
        [[row["grade"] or "no grade", row["users"], row["average_different_resources"]] for row in shown],
    )
else:
    pictures.say("Grades are shown only for students, and only if a roster was imported.")

# %% [markdown]
# ## What next
# - `clever-lake metrics --json` prints these numbers. With the same minimum group size, the two agree wherever no group had to be
#   suppressed or joined.
# - *Clever: Open Participation Dashboard* in VS Code filters by dates, schools, grades and resources, and exports what others may see.
# - The views of the cells above (`people_daily_participation`, `people_resource_usage`, …) are temporary. Query them as you like:
#   `spark.sql("SELECT …").show()`.

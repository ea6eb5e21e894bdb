import { spawnSync } from "node:child_process";
import path from "node:path";
import { installedOnce, leftOut } from "./installed";
import { askProcess } from "./jsonProcess";

/**
 * Independent readers and writers of Delta, and clients of Data Lake Storage, that the tests compare with; pinned, since
 * their output changes between versions.
 */
const requirements = [
  "deltalake==1.6.6",
  "pyarrow==26.0.1",
  "azure-storage-file-datalake==12.26.1",
  "opendal==0.47.12",
];

const root = path.resolve(import.meta.dirname, "..", "..");
const python = process.platform === "win32" ? path.join("Scripts", "python.exe") : path.join("bin", "python");

/**
 * The path of a Python that has these packages, installed once in the project's `.cache`. Undefined, with a warning, if
 * there is no Python or the packages cannot be installed; in CI, where nothing may be skipped, an error.
 */
export function pythonWithDelta(): Promise<string | undefined> {
  return pythonWith("python", requirements, "independent implementations of Delta and Data Lake Storage");
}

/** The path of a Python with sqlfluff, which parses T-SQL; otherwise like `pythonWithDelta`. */
export function pythonWithSqlfluff(): Promise<string | undefined> {
  return pythonWith("sqlfluff", ["sqlfluff==4.5.0"], "a parser of T-SQL");
}

/** The path of a Python that validates JSON schemas, parses and evaluates DAX; otherwise like `pythonWithDelta`. */
export function pythonWithPowerBi(): Promise<string | undefined> {
  const packages = ["jsonschema==4.26.0", "referencing==0.37.0", "pbi_parsers==0.9.5", "pbix-mcp==0.9.149"];
  return pythonWith("powerBi", packages, "JSON schemas, and an engine of DAX");
}

/**
 * The path of a Python with the models of Microsoft's SDKs of Azure, and Microsoft's parser of Data Factory's expressions;
 * otherwise like `pythonWithDelta`.
 */
export function pythonWithAzureModels(): Promise<string | undefined> {
  const packages = [
    "azure-mgmt-datafactory==9.2.0",
    "azure-mgmt-storage==21.2.1",
    "azure-mgmt-keyvault==10.3.1",
    "azure-mgmt-authorization==4.0.0",
    "azure-mgmt-synapse==2.1.0b5",
    "azure-mgmt-msi==7.0.0",
    "six==1.17.0",
    "data-factory-testing-framework==1.4.4",
  ];
  return pythonWith("azureModels", packages, "the models of Azure's resources");
}

/**
 * The path of a Python with PySpark, a whole Spark (420 MB; it needs Java 8, 11 or 17), and with the tools that check our
 * own Python; otherwise like `pythonWithDelta`.
 */
export function pythonWithSpark(): Promise<string | undefined> {
  return pythonWith(
    "pyspark",
    ["pyspark==3.5.6", "ruff==0.14.4", "mypy==1.18.2"],
    "Apache Spark as an engine",
  );
}

/**
 * The path of a Python with Jupyter's tools and matplotlib, and its environment, in which it has the PySpark of
 * `pythonWithSpark` as well; otherwise like `pythonWithDelta`.
 */
export async function pythonWithJupyter(): Promise<
  { readonly python: string; readonly environment: { readonly PYTHONPATH: string } } | undefined
> {
  const packages = ["nbconvert==7.17.2", "nbformat==5.11.1", "ipykernel==7.4.0", "matplotlib==3.11.2"];
  const jupyter = await pythonWith("jupyter", packages, "Jupyter, which runs notebooks");
  const spark = jupyter === undefined ? undefined : await pythonWithSpark();
  if (jupyter === undefined || spark === undefined) return undefined;
  const asked = ["-c", "import pathlib, pyspark; print(pathlib.Path(pyspark.__file__).parents[1])"];
  const { stdout } = spawnSync(spark, asked, { encoding: "utf8" });
  return { python: jupyter, environment: { PYTHONPATH: stdout.trim() } };
}

async function pythonWith(
  name: string,
  packages: readonly string[],
  what: string,
): Promise<string | undefined> {
  try {
    const home = await installedOnce(name, packages.join("\n"), (folder) => {
      makeEnvironment(folder);
      const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
      run(path.join(folder, python), [...install, ...packages]);
    });
    return path.join(home, python);
  } catch (error) {
    const need =
      "They need Python 3.11 or newer with venv and pip (on Debian: apt-get install python3-venv).";
    return leftOut(`the checks against ${what}. ${need}`, error);
  }
}

function makeEnvironment(folder: string): void {
  const name = process.platform === "win32" ? "python" : "python3";
  try {
    run(name, ["-m", "venv", folder]);
  } catch (error) {
    // Debian ships Python without venv.
    if (process.getuid?.() !== 0 || spawnSync("apt-get", ["--version"]).status !== 0) throw error;
    run("apt-get", ["update", "-qq"]);
    run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "python3-venv"]);
    run(name, ["-m", "venv", "--clear", folder]);
  }
}

function run(command: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.slice(0, 3).join(" ")} failed: ${stderr.slice(-500)}`);
}

/** Runs a script of `test/python` with a JSON request on its standard input; resolves to its JSON answer. */
export function runPython(executable: string, script: string, request: object): Promise<unknown> {
  return askProcess(script, executable, [path.join(root, "test", "python", script)], request);
}

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;
import org.apache.spark.sql.SparkSession;

/**
 * Apache Spark with Delta Lake and Hadoop's driver for Data Lake Storage. Each line of standard input is a JSON document, the
 * first one the settings of the session, the others a list of SQL statements each. Each of these is answered by a line: the
 * rows of each statement, or what Spark says against one.
 */
public final class SparkSql {
  public static void main(String[] arguments) throws Exception {
    PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    // Nothing else may be printed between the answers.
    System.setOut(System.err);
    ObjectMapper json = new ObjectMapper();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    SparkSession spark = session(json.readTree(lines.readLine()));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      ObjectNode answer = json.createObjectNode();
      try {
        ArrayNode all = answer.putArray("rows");
        for (JsonNode statement : json.readTree(line)) {
          ArrayNode rows = all.addArray();
          for (String row : spark.sql(statement.asText()).toJSON().collectAsList()) rows.add(json.readTree(row));
        }
      } catch (Exception error) {
        answer.put("error", String.valueOf(error.getMessage()));
      }
      answers.println(json.writeValueAsString(answer));
    }
    spark.stop();
  }

  private static SparkSession session(JsonNode settings) {
    SparkSession.Builder builder =
        SparkSession.builder()
            .master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.shuffle.partitions", "1")
            .config("spark.default.parallelism", "1")
            // VACUUM lists a table with this many tasks, 10,000 by default.
            .config("spark.sql.sources.parallelPartitionDiscovery.parallelism", "1")
            .config("spark.sql.codegen.wholeStage", "false")
            .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
            .config("spark.databricks.delta.snapshotPartitions", "1")
            .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
            .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog");
    for (Iterator<Map.Entry<String, JsonNode>> each = settings.fields(); each.hasNext(); ) {
      Map.Entry<String, JsonNode> setting = each.next();
      builder.config(setting.getKey(), setting.getValue().asText());
    }
    SparkSession spark = builder.getOrCreate();
    spark.sparkContext().setLogLevel("ERROR");
    return spark;
  }
}

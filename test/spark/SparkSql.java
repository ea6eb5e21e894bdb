import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.spark.sql.SparkSession;

/**
 * Apache Spark with Delta Lake and Hadoop's driver for Data Lake Storage: one JSON request with SQL statements on standard
 * input, the rows of each as JSON on standard output.
 */
public final class SparkSql {
  public static void main(String[] arguments) throws Exception {
    ObjectMapper json = new ObjectMapper();
    JsonNode request = json.readTree(System.in);
    String account = request.get("account").asText();
    SparkSession spark =
        SparkSession.builder()
            .master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.local.dir", request.get("scratch").asText())
            .config("spark.sql.warehouse.dir", request.get("scratch").asText())
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.shuffle.partitions", "1")
            .config("spark.sql.codegen.wholeStage", "false")
            .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
            .config("spark.databricks.delta.snapshotPartitions", "1")
            .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
            .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
            // Where the driver goes instead of ACCOUNT.dfs.core.windows.net.
            .config("spark.hadoop.fs.azure.abfs.endpoint", request.get("endpoint").asText())
            .config("spark.hadoop.fs.azure.always.use.https", "false")
            .config("spark.hadoop.fs.azure.account.auth.type", "SharedKey")
            .config(
                "spark.hadoop.fs.azure.account.key." + account + ".dfs.core.windows.net",
                request.get("key").asText())
            .getOrCreate();
    spark.sparkContext().setLogLevel("ERROR");
    ArrayNode answer = json.createArrayNode();
    for (JsonNode statement : request.get("statements")) {
      ArrayNode rows = answer.addArray();
      for (String row : spark.sql(statement.asText()).toJSON().collectAsList()) rows.add(json.readTree(row));
    }
    spark.stop();
    System.out.println(json.writeValueAsString(answer));
  }
}

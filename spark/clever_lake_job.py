"""The entry script for spark-submit."""

from clever_lake.serve import serve

if __name__ == "__main__":
    serve()

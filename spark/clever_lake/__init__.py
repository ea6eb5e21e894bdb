"""Reads clean landed files of Clever's reports with Apache Spark, for the pipeline of Clever Lake."""

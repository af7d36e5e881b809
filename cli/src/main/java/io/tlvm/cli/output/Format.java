package io.tlvm.cli.output;

/** How resources are written to stdout. */
public enum Format {
    /** Columns for people. */
    TABLE,
    /** More columns. */
    WIDE,
    /** proto3 JSON: lowerCamelCase names, 64-bit integers as strings; a list is an array. */
    JSON,
    /** One JSON object per line. */
    JSONL,
    /** The JSON as YAML. */
    YAML,
    /** Full resource names, one per line. */
    NAME
}

package io.tlvm.ownership.model;

/**
 * How often users may still ask and things may still break; {@code ops} counts the operations so
 * far.
 */
record Budget(
        int migrations,
        int starts,
        int stops,
        int deletes,
        int retries,
        int extensions,
        int exits,
        int writes,
        int crashes,
        int ops) {
    static final Budget NONE = new Budget(0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

    Budget migrate() {
        return new Budget(
                migrations - 1,
                starts,
                stops,
                deletes,
                retries,
                extensions,
                exits,
                writes,
                crashes,
                ops + 1);
    }

    Budget start() {
        return new Budget(
                migrations,
                starts - 1,
                stops,
                deletes,
                retries,
                extensions,
                exits,
                writes,
                crashes,
                ops + 1);
    }

    Budget stop() {
        return new Budget(
                migrations,
                starts,
                stops - 1,
                deletes,
                retries,
                extensions,
                exits,
                writes,
                crashes,
                ops + 1);
    }

    Budget delete() {
        return new Budget(
                migrations,
                starts,
                stops,
                deletes - 1,
                retries,
                extensions,
                exits,
                writes,
                crashes,
                ops + 1);
    }

    Budget retry() {
        return new Budget(
                migrations,
                starts,
                stops,
                deletes,
                retries - 1,
                extensions,
                exits,
                writes,
                crashes,
                ops);
    }

    Budget extend() {
        return new Budget(
                migrations,
                starts,
                stops,
                deletes,
                retries,
                extensions - 1,
                exits,
                writes,
                crashes,
                ops);
    }

    Budget exit() {
        return new Budget(
                migrations,
                starts,
                stops,
                deletes,
                retries,
                extensions,
                exits - 1,
                writes,
                crashes,
                ops);
    }

    Budget write() {
        return new Budget(
                migrations,
                starts,
                stops,
                deletes,
                retries,
                extensions,
                exits,
                writes - 1,
                crashes,
                ops);
    }

    Budget crash() {
        return new Budget(
                migrations,
                starts,
                stops,
                deletes,
                retries,
                extensions,
                exits,
                writes,
                crashes - 1,
                ops);
    }

    Budget migrations(int count) {
        return new Budget(
                count, starts, stops, deletes, retries, extensions, exits, writes, crashes, ops);
    }

    Budget starts(int count) {
        return new Budget(
                migrations,
                count,
                stops,
                deletes,
                retries,
                extensions,
                exits,
                writes,
                crashes,
                ops);
    }

    Budget stops(int count) {
        return new Budget(
                migrations,
                starts,
                count,
                deletes,
                retries,
                extensions,
                exits,
                writes,
                crashes,
                ops);
    }

    Budget deletes(int count) {
        return new Budget(
                migrations, starts, stops, count, retries, extensions, exits, writes, crashes, ops);
    }

    Budget retries(int count) {
        return new Budget(
                migrations, starts, stops, deletes, count, extensions, exits, writes, crashes, ops);
    }

    Budget extensions(int count) {
        return new Budget(
                migrations, starts, stops, deletes, retries, count, exits, writes, crashes, ops);
    }

    Budget exits(int count) {
        return new Budget(
                migrations,
                starts,
                stops,
                deletes,
                retries,
                extensions,
                count,
                writes,
                crashes,
                ops);
    }

    Budget writes(int count) {
        return new Budget(
                migrations,
                starts,
                stops,
                deletes,
                retries,
                extensions,
                exits,
                count,
                crashes,
                ops);
    }

    Budget crashes(int count) {
        return new Budget(
                migrations, starts, stops, deletes, retries, extensions, exits, writes, count, ops);
    }
}

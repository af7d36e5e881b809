package io.tlvm.vm;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** What the packaged service, such as the native executable, does without its database. */
@QuarkusIntegrationTest
class DatabaseOutageIT extends DatabaseOutageTest {}

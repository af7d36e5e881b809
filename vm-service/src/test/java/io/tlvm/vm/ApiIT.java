package io.tlvm.vm;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The public API of the packaged service, such as the native executable. */
@QuarkusIntegrationTest
class ApiIT extends ApiTest {}

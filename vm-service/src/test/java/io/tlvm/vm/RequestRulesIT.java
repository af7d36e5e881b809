package io.tlvm.vm;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** What the packaged service, such as the native executable, asks of requests. */
@QuarkusIntegrationTest
class RequestRulesIT extends RequestRulesTest {}

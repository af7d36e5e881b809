package io.tlvm.vm;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** Operations of the packaged service, such as the native executable. */
@QuarkusIntegrationTest
class LifecycleIT extends LifecycleTest {}

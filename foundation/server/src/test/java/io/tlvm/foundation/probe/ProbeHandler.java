package io.tlvm.foundation.probe;

import com.google.protobuf.Any;
import com.google.protobuf.Empty;

import io.tlvm.foundation.operation.OperationHandler;
import io.tlvm.foundation.operation.OperationName;
import io.tlvm.foundation.operation.OperationOutcome;
import io.tlvm.foundation.operation.OperationOutcome.Succeeded;
import io.tlvm.foundation.operation.OperationProgress;
import io.tlvm.foundation.operation.OperationRecord;

import jakarta.inject.Singleton;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Operations that end when the test says so. */
@Singleton
class ProbeHandler implements OperationHandler {

    static final String KIND = "Probe";

    private final ConcurrentHashMap<OperationName, CountDownLatch> latches =
            new ConcurrentHashMap<>();

    void finish(OperationName name) {
        latch(name).countDown();
    }

    private CountDownLatch latch(OperationName name) {
        return latches.computeIfAbsent(name, n -> new CountDownLatch(1));
    }

    @Override
    public String kind() {
        return KIND;
    }

    @Override
    public OperationOutcome run(OperationRecord operation, OperationProgress progress)
            throws InterruptedException {
        return latch(operation.name()).await(1, TimeUnit.MINUTES)
                ? new Succeeded(Any.pack(Empty.getDefaultInstance()))
                : new OperationOutcome.Later(Duration.ofSeconds(1));
    }
}
